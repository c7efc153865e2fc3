import { ManualClock } from '@lifeguard/core/testing';
import { expect, test } from 'vitest';
import { StandbyWatch } from './standby-watch.ts';

function watch() {
  const clock = new ManualClock();
  let demotions = 0;
  const standbys = new StandbyWatch(clock, () => (demotions += 1));
  return { clock, standbys, demotions: () => demotions };
}

test('a write that a standby refuses is news to a pool that has written to a primary', () => {
  const { standbys, demotions } = watch();
  standbys.connected(false);
  standbys.connected(true);
  standbys.writeRefused(true);
  expect(demotions()).toBe(1);
});

test('a primary that refuses a write does so because the caller wanted it', () => {
  const { standbys, demotions } = watch();
  standbys.connected(false);
  standbys.writeRefused(false);
  standbys.writeRefused(undefined);
  expect(demotions()).toBe(0);
});

test('a pool that has known nothing but standbys is meant for them', () => {
  const { standbys, demotions } = watch();
  standbys.connected(true);
  standbys.connected(undefined);
  standbys.writeRefused(true);
  expect(demotions()).toBe(0);
});

test('it is told once a second, for as long as new connections find a standby', async () => {
  const { clock, standbys, demotions } = watch();
  standbys.connected(false);
  for (let n = 0; n < 3; n += 1) standbys.writeRefused(true);
  await clock.advance(999);
  standbys.writeRefused(true);
  expect(demotions()).toBe(1);
  await clock.advance(1);
  standbys.writeRefused(true);
  expect(demotions()).toBe(2);
});
