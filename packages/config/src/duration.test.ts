import fc from 'fast-check';
import { expect, test } from 'vitest';
import { durationToMs, normalizeDuration, writeDuration } from './duration.ts';

test.each([
  ['250ms', 250],
  ['30s', 30_000],
  ['5m', 300_000],
  ['1.5h', 5_400_000],
  ['0.5s', 500],
  ['1.1h', 3_960_000],
  [30, 30_000],
  [0.25, 250],
])('%s are %i milliseconds', (written, ms) => {
  expect(durationToMs(written)).toBe(ms);
});

test.each(['30', '', 's', '-5s', '5 m', '1e3s', '5M', '.5s', '5.s', '1h30m', '∞', '5d'])(
  '%o is not a duration',
  (written) => {
    expect(durationToMs(written)).toBeNaN();
  },
);

test.each([
  ['30 sec', '30s'],
  ['5 Minutes', '5m'],
  ['10msec', '10ms'],
  ['1h30m', '90m'],
  ['5 months', undefined],
  ['soon', undefined],
])('%o probably means %o', (written, meant) => {
  expect(normalizeDuration(written)).toBe(meant);
});

test('what is written reads back as the same number of milliseconds', () => {
  fc.assert(
    fc.property(fc.nat({ max: 7 * 24 * 3_600_000 }), (ms) => {
      const written = writeDuration(ms);
      expect(durationToMs(written === '0' ? 0 : written)).toBe(ms);
    }),
  );
});
