import { describe, expect, it } from 'vitest';
import { watching } from '../test/watching.ts';
import { ManualClock } from './testing/index.ts';

/** Time passes while somebody looks; the next turn of the loop comes when the test lets it. */
class SlowClock extends ManualClock {
  readonly turns: (() => void)[] = [];
  #looks = 0;

  override now(): number {
    this.#looks += 1;
    return super.now() + this.#looks * 0.1;
  }

  override afterPendingIo(callback: () => void): void {
    this.turns.push(callback);
  }

  /** The next turn; returns whether anybody had waited for one. */
  turn(): boolean {
    const callback = this.turns.shift();
    callback?.();
    return callback !== undefined;
  }
}

const LEASES = 40;

function makeMany(clock: SlowClock): ReturnType<typeof watching> {
  const watched = watching({ leakThresholdMs: 500, monitorIntervalMs: 1_000 }, clock);
  for (let each = 0; each < LEASES; each += 1) watched.open({ label: `job ${each}` });
  return watched;
}

describe('a look at many leases', () => {
  it('lets the loop turn every half millisecond, and comes to all of them', async () => {
    const clock = new SlowClock();
    const { reports } = makeMany(clock);
    await clock.advance(1_000);
    const inFirstTurn = reports.length;
    let turns = 1;
    while (clock.turn()) turns += 1;
    expect(inFirstTurn).toBeGreaterThan(0);
    expect(inFirstTurn).toBeLessThan(LEASES / 2);
    expect(turns).toBeGreaterThan(2);
    expect(reports.map(({ lease }) => lease.label)).toEqual(
      Array.from({ length: LEASES }, (_, each) => `job ${each}`),
    );
  });

  it('passes over those that were given back meanwhile', async () => {
    const clock = new SlowClock();
    const { tracker, reports, release } = makeMany(clock);
    await clock.advance(1_000);
    const seen = reports.length;
    for (const record of [...tracker.records()]) release(record);
    while (clock.turn());
    expect(reports).toHaveLength(seen);
  });

  it('is not begun again before it is through', async () => {
    const clock = new SlowClock();
    const { reports } = makeMany(clock);
    await clock.advance(1_000);
    const seen = reports.length;
    await clock.advance(3_000);
    expect(reports).toHaveLength(seen);
    while (clock.turn());
    expect(reports).toHaveLength(LEASES);
    await clock.advance(1_000);
    expect(clock.turns).toHaveLength(1);
  });

  it('ends where the tracker is stopped', async () => {
    const clock = new SlowClock();
    const { tracker, reports } = makeMany(clock);
    await clock.advance(1_000);
    const seen = reports.length;
    tracker.stop();
    while (clock.turn());
    expect(reports).toHaveLength(seen);
  });
});
