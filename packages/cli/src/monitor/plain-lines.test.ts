import { expect, test } from 'vitest';
import { busyPool, busyPoolLater, lookOf } from '../../test/monitor-looks.ts';
import { jsonLine } from './json-line.ts';
import { plainLines } from './plain-lines.ts';

const NOON = Date.UTC(2026, 0, 1, 12);
const before = lookOf();
const look = lookOf({ pools: [busyPoolLater()] });

test('a look is a line for each pool, with what happened since the look before', () => {
  expect(plainLines({ kind: 'seen', look, before }, NOON)).toEqual([
    '2026-01-01T12:00:00.000Z pid=4711 pool=main health=critical used=3 max=3 idle=0 overflow=1 pending=2 ' +
      'oldest_wait_ms=1800 checkout_avg_ms=3 checkout_p95_ms=12.4 held_avg_ms=40 held_p95_ms=210 ' +
      'acquires_per_s=2 timeouts=4 new_timeouts=1 leaks=1',
  ]);
  expect(plainLines({ kind: 'seen', look: lookOf({ pools: [] }), before }, NOON)[0]).toMatch(
    /Z pid=4711 pools=0$/,
  );
  expect(plainLines({ kind: 'lost', why: 'no answer' }, NOON)[0]).toMatch(/Z lost="no answer"$/);
});

test('nothing that an application says makes two lines of one, or moves a cursor', () => {
  const text = 'a\nb\u001b[2J\u009b"' as unknown as number;
  const pools = [busyPool({ name: String(text), used: text, max: text, pending: text, oldestWaitMs: text })];
  const sighting = { kind: 'seen', look: lookOf({ pools }), before: undefined } as const;
  for (const line of [...plainLines(sighting, NOON), jsonLine(sighting, NOON)])
    expect(line).not.toMatch(/[\p{Cc}\p{Cf}]/u);
  expect(plainLines(sighting, NOON)[0]).toContain('used=- max=- ');
  expect(JSON.parse(jsonLine(sighting, NOON))).toMatchObject({ pools: [{ name: String(text) }] });
});
