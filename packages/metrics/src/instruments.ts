import type { PoolSnapshot } from '@lifeguard/core';
import type { HistogramInstrument, Instrument, NumberInstrument } from './instrument.ts';

const seconds = (ms: number): number => ms / 1_000;

/** What OpenTelemetry's conventions name, with their names. */
const CONVENTIONAL: readonly NumberInstrument[] = [
  {
    name: 'db.client.connection.count',
    help: 'Connections that are in use by a caller, or idle.',
    unit: '{connection}',
    kind: 'up-down-counter',
    attribute: 'db.client.connection.state',
    read: ({ idle, used }) => ({ idle, used }),
  },
  {
    name: 'db.client.connection.max',
    help: 'Connections that the pool may have at most, overflow included.',
    unit: '{connection}',
    kind: 'up-down-counter',
    read: ({ max }) => max,
  },
  {
    name: 'db.client.connection.idle.max',
    help: 'Connections that the pool keeps while they are idle; further ones are closed after a moment.',
    unit: '{connection}',
    kind: 'up-down-counter',
    read: ({ size }) => size,
  },
  {
    name: 'db.client.connection.idle.min',
    help: 'Idle connections that the pool holds ready.',
    unit: '{connection}',
    kind: 'up-down-counter',
    read: ({ options }) => options.minIdle ?? undefined,
  },
  {
    name: 'db.client.connection.pending_requests',
    help: 'Callers that wait for a connection.',
    unit: '{request}',
    kind: 'up-down-counter',
    read: ({ pending }) => pending,
  },
  {
    name: 'db.client.connection.timeouts',
    help: 'Callers that were turned away because their time was up.',
    unit: '{timeout}',
    kind: 'counter',
    read: ({ counters }) => counters.timeouts,
  },
];

const DURATIONS: readonly HistogramInstrument[] = [
  {
    name: 'db.client.connection.create_time',
    help: 'How long it took to open a connection.',
    unit: 's',
    kind: 'histogram',
    of: 'create',
    read: ({ createTime }) => createTime,
  },
  {
    name: 'db.client.connection.wait_time',
    help: 'How long callers waited for a connection, those whose time was up included.',
    unit: 's',
    kind: 'histogram',
    of: 'wait',
    read: ({ waitTime }) => waitTime,
  },
  {
    name: 'db.client.connection.use_time',
    help: 'How long connections were held by callers, however that ended.',
    unit: 's',
    kind: 'histogram',
    of: 'use',
    read: ({ useTime }) => useTime,
  },
];

const CONNECTIONS: readonly NumberInstrument[] = [
  {
    name: 'lifeguard.connections',
    help: 'Connections by their state; those that are lost may live on at the server, and are outside of the maximum.',
    unit: '{connection}',
    kind: 'up-down-counter',
    attribute: 'state',
    read: ({ idle, used, connecting, resetting, closing, lost }) => ({
      idle,
      used,
      connecting,
      resetting,
      closing,
      lost,
    }),
  },
  {
    name: 'lifeguard.connection.overflow',
    help: 'Connections above the base size of the pool.',
    unit: '{connection}',
    kind: 'up-down-counter',
    read: ({ overflow }) => overflow,
  },
  {
    name: 'lifeguard.connects',
    help: 'Attempts to open a connection that have ended.',
    unit: '{event}',
    kind: 'counter',
    attribute: 'outcome',
    read: ({ counters }) => ({ opened: counters.connected, failed: counters.connectFailures }),
  },
  {
    name: 'lifeguard.connect.failing',
    help: '1 while the database cannot be reached: the last attempt to open a connection has failed.',
    unit: '{pool}',
    kind: 'up-down-counter',
    read: ({ lastConnectError }) => Number(lastConnectError !== undefined),
  },
  {
    name: 'lifeguard.connection.closed',
    help: 'Connections that have left the pool.',
    unit: '{connection}',
    kind: 'counter',
    read: ({ counters }) => counters.closed,
  },
  {
    name: 'lifeguard.ping.failures',
    help: 'Idle connections that did not answer when they were asked.',
    unit: '{event}',
    kind: 'counter',
    read: ({ counters }) => counters.pingFailures,
  },
  {
    name: 'lifeguard.cancels',
    help: 'Requests sent to the server to cancel a statement.',
    unit: '{request}',
    kind: 'counter',
    read: ({ counters }) => counters.cancels,
  },
];

const CALLERS: readonly NumberInstrument[] = [
  {
    name: 'lifeguard.acquires',
    help: 'Calls for a connection that have ended, by how they ended.',
    unit: '{request}',
    kind: 'counter',
    attribute: 'outcome',
    read: acquiresOf,
  },
  {
    name: 'lifeguard.acquire.nested',
    help: 'Calls for a connection by code that held one of the same pool.',
    unit: '{request}',
    kind: 'counter',
    read: ({ counters }) => counters.nested,
  },
  {
    name: 'lifeguard.acquire.oldest_wait',
    help: 'How long the first of those that wait for a connection has waited; 0 when nobody waits.',
    unit: 's',
    kind: 'gauge',
    read: ({ oldestWaitMs }) => seconds(oldestWaitMs),
  },
  {
    name: 'lifeguard.acquire.timeout',
    help: 'How long callers wait at most unless they say so themselves; absent without limit.',
    unit: 's',
    kind: 'gauge',
    read: ({ options }) =>
      options.acquireTimeoutMs === null ? undefined : seconds(options.acquireTimeoutMs),
  },
  {
    name: 'lifeguard.deadlocks',
    help: 'Callers that were turned away because every connection was held by code that itself waited.',
    unit: '{event}',
    kind: 'counter',
    read: ({ counters }) => counters.deadlocks,
  },
];

const LEASES: readonly NumberInstrument[] = [
  {
    name: 'lifeguard.leak.suspected',
    help: 'Connections that are suspected of being leaked now, of the 100 that are held longest.',
    unit: '{lease}',
    kind: 'up-down-counter',
    read: ({ leases }) => leases.filter(({ suspected }) => suspected).length,
  },
  {
    name: 'lifeguard.leaks',
    help: 'Connections that were reported: suspected of being leaked, or held for too long while a query ran.',
    unit: '{leak}',
    kind: 'counter',
    read: ({ counters }) => counters.leaksReported,
  },
  {
    name: 'lifeguard.leak.returned_late',
    help: 'Connections that were given back after all, after a report or a revocation.',
    unit: '{lease}',
    kind: 'counter',
    read: ({ counters }) => counters.returnedLate,
  },
  {
    name: 'lifeguard.lease.revoked',
    help: 'Connections that were taken back from their holders, for whatever reason.',
    unit: '{lease}',
    kind: 'counter',
    read: ({ counters }) => counters.revoked,
  },
  {
    name: 'lifeguard.lease.reclaimed',
    help: 'Of these, leaked ones.',
    unit: '{lease}',
    kind: 'counter',
    read: ({ counters }) => counters.reclaimed,
  },
  {
    name: 'lifeguard.session.timeouts',
    help: 'Sessions that were ended at their limit while they held, or waited for, a connection.',
    unit: '{session}',
    kind: 'counter',
    read: ({ counters }) => counters.sessionTimeouts,
  },
];

const AROUND: readonly NumberInstrument[] = [
  {
    name: 'lifeguard.pool.state',
    help: '1 for the state that the pool is in, 0 for the others.',
    unit: '{pool}',
    kind: 'up-down-counter',
    attribute: 'state',
    read: ({ state }) => ({
      open: Number(state === 'open'),
      suspended: Number(state === 'suspended'),
      closing: Number(state === 'closing'),
    }),
  },
  {
    name: 'lifeguard.loop.longest_stall',
    help: 'The longest time that the event loop of this process was seen blocked.',
    unit: 's',
    kind: 'gauge',
    isOfProcess: true,
    read: ({ longestStallMs }) => seconds(longestStallMs),
  },
  {
    name: 'lifeguard.loop.blocked_time',
    help: 'Time in all in which the event loop of this process was seen blocked for 200 ms or longer.',
    unit: 's',
    kind: 'counter',
    isOfProcess: true,
    read: ({ blockedMs }) => seconds(blockedMs),
  },
];

/** Those whose values are numbers. */
export const NUMBER_INSTRUMENTS: readonly NumberInstrument[] = Object.freeze([
  ...CONVENTIONAL,
  ...CONNECTIONS,
  ...CALLERS,
  ...LEASES,
  ...AROUND,
]);

/** Those that are histograms. */
export const HISTOGRAM_INSTRUMENTS: readonly HistogramInstrument[] = Object.freeze(DURATIONS);

/** All that is measured. The outputs differ in form only: each of them is made of this table. */
export const INSTRUMENTS: readonly Instrument[] = Object.freeze([
  ...CONVENTIONAL,
  ...DURATIONS,
  ...CONNECTIONS,
  ...CALLERS,
  ...LEASES,
  ...AROUND,
]);

/** `rejected` counts, with the pool, those as well that have an outcome of their own here. */
function acquiresOf({ counters }: PoolSnapshot): Readonly<Record<string, number>> {
  const { acquired, timeouts, aborted, shed, deadlocks, rejected } = counters;
  return {
    served: acquired,
    timeout: timeouts,
    aborted,
    shed,
    deadlock: deadlocks,
    rejected: rejected - shed - deadlocks,
  };
}
