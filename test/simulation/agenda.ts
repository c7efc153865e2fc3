import type { VirtualClock } from './virtual-clock.ts';

/** Where what happens later is put: in time, or among the choices of an explorer. */
export interface Agenda {
  /** An answer that comes in over the network; `fail` is what else may come in its place. */
  arrive(what: string, delayMs: number, run: () => void, fail?: () => void): void;
  /** A timer of the application's own. */
  wake(what: string, delayMs: number, run: () => void): void;
}

/** Everything happens at its time. */
export function timedAgenda(clock: VirtualClock): Agenda {
  return {
    arrive: (_, delayMs, run) => void clock.arriveIn(delayMs, run),
    wake: (_, delayMs, run) => void clock.setTimer(delayMs, run),
  };
}
