import type { Clock } from './clock.ts';

/** The same clock, but its timers never fire: for what somebody else ends in time. */
export function untimed(clock: Clock): Clock {
  return {
    now: () => clock.now(),
    coarseNow: () => clock.coarseNow(),
    wallTime: () => clock.wallTime(),
    setTimer: () => ({ cancel: () => undefined }),
    afterPendingIo: (callback) => clock.afterPendingIo(callback),
    atTurnEnd: (callback) => clock.atTurnEnd(callback),
    loop: clock.loop,
  };
}
