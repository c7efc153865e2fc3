import { describe, expect, it } from 'vitest';
import { ConnectGovernor } from './connect-governor.ts';

const makeGovernor = (maxConnecting = 8, drawn = 1): ConnectGovernor =>
  new ConnectGovernor({ maxConnecting, backoffBaseMs: 100, backoffMaxMs: 1_000 }, { next: () => drawn });

/** How many connects may be under way. */
function room(governor: ConnectGovernor, now: number): number {
  let connecting = 0;
  while (governor.mayConnect(now, connecting)) connecting += 1;
  return connecting;
}

describe('the governor of connects', () => {
  it('allows as many at a time as it was told while all is well', () => {
    const governor = makeGovernor(4);
    expect(room(governor, 0)).toBe(4);
    governor.succeeded();
    expect(room(governor, 0)).toBe(4);
    expect(governor.failing).toBeUndefined();
  });

  it('after a failure allows none, then one at a time', () => {
    const governor = makeGovernor();
    governor.failed(0, 10, new Error('down'));
    expect(room(governor, 109)).toBe(0);
    expect(room(governor, 110)).toBe(1);
  });

  it('doubles its pauses up to the limit', () => {
    const governor = makeGovernor();
    const pauses: number[] = [];
    let now = 0;
    for (let round = 0; round < 6; round += 1) {
      governor.failed(now, now, new Error('down'));
      const retryAt = governor.failing?.retryAt ?? 0;
      pauses.push(retryAt - now);
      now = retryAt;
    }
    expect(pauses).toEqual([100, 200, 400, 800, 1_000, 1_000]);
    expect(governor.failing?.failures).toBe(6);
  });

  it('stays at the limit however often it failed', () => {
    const governor = makeGovernor();
    for (let now = 1; now < 2_000; now += 1) governor.failed(now, now, new Error('down'));
    expect((governor.failing?.retryAt ?? 0) - 1_999).toBe(1_000);
  });

  it('draws its pauses between half and all', () => {
    const governor = makeGovernor(8, 0);
    governor.failed(0, 0, new Error('down'));
    expect(governor.failing?.retryAt).toBe(50);
  });

  it('counts attempts that were under way together as one failure, and keeps the last error', () => {
    const governor = makeGovernor();
    const last = new Error('second');
    governor.failed(0, 10, new Error('first'));
    governor.failed(5, 20, new Error('between'));
    governor.failed(10, 20, last);
    expect(governor.failing).toMatchObject({ failures: 1, failedAt: 10, retryAt: 110, lastError: last });
  });

  it('after the first success lets one more in for each, until all is well', () => {
    const governor = makeGovernor(4);
    governor.failed(0, 0, new Error('down'));
    const rooms = [1, 2, 3, 4, 5].map(() => {
      governor.succeeded();
      return room(governor, 1_000);
    });
    expect(rooms).toEqual([1, 2, 3, 4, 4]);
    expect(governor.failing).toBeUndefined();
  });

  it('is well at once when one at a time is all it allows', () => {
    const governor = makeGovernor(1);
    governor.failed(0, 0, new Error('down'));
    governor.succeeded();
    governor.failed(1_000, 1_000, new Error('down again'));
    expect(governor.failing?.failures).toBe(1);
  });

  it('goes on with its pauses where it was when a success did not last', () => {
    const governor = makeGovernor();
    governor.failed(0, 0, new Error('down'));
    governor.failed(200, 200, new Error('down'));
    governor.succeeded();
    governor.failed(600, 600, new Error('down'));
    expect(governor.failing).toMatchObject({ failures: 3, retryAt: 1_000 });
  });
});
