/** Why one of pg-pool's tests fails. */
export interface Difference {
  readonly reason: string;
  /** It depends on how fast the server is whether the test passes. */
  readonly maySucceed?: true;
}

const DEAD_AT_ONCE =
  'a connection that died leaves the pool at once, also while it is leased; pg-pool counts it until its release';
const NO_TRACE =
  'pg-pool tells `log` of its inner steps, in its own words; we have events, a logger and a snapshot';

/**
 * The tests of pg-pool 3.6.2 that LifeguardPool does not pass on purpose, by full title. docs/compatibility.md explains
 * them to users. The runner fails when one of them passes, so that the list never says too much.
 */
export const DIFFERENCES: Readonly<Record<string, Difference>> = {
  'connection timeout continues processing after a connection failure': {
    reason:
      'a failed connect is tried again until the caller’s time is up; pg-pool rejects the caller at once',
  },
  'pool error handling error from in-use client keeps the client in the pool': { reason: DEAD_AT_ONCE },
  'releasing clients removes a client which cannot be queried': { reason: DEAD_AT_ONCE },
  'pool with promises recovers from query errors': {
    reason: 'a statement that fails does not condemn its connection; pg-pool closes it',
  },
  'pool with promises properly pools clients': {
    reason:
      'at most four connections are opened at a time, so that a burst may be over before `max` is reached',
    maySucceed: true,
  },
  'idle timeout times out and removes clients when others are also removed': {
    reason: '`remove` is told when the connection is closed, as pg-pool does since 3.7',
    maySucceed: true,
  },
  'logging logs to supplied log function if given': { reason: NO_TRACE },
  'maxUses logs when removing an expended client': { reason: NO_TRACE },
};
