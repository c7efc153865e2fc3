import type { PoolOptions } from '@lifeguard/core';
import type { Draw } from './draw.ts';

/** How one seed's world misbehaves: probabilities, each often 0, so that seeds differ in kind and not only in luck. */
export interface FaultMix {
  readonly connectFails: number;
  readonly connectHangs: number;
  readonly connectSlow: number;
  readonly connectFatal: number;
  readonly connectDiesAtOnce: number;
  readonly connectDeaf: number;
  readonly pingFails: number;
  readonly pingHangs: number;
  readonly resetFails: number;
  readonly resetHangs: number;
  /** A returned connection that only closing helps. */
  readonly returnsBroken: number;
  readonly closeHangs: number;
  readonly closeLost: number;
  readonly closeFails: number;
  readonly closeSlow: number;
  /** Connector calls that throw in place of rejecting. */
  readonly callThrows: number;
  /** Hooks of the connector, listeners and the logger that throw. */
  readonly hookThrows: number;
  /** Listeners that call the pool from inside of an event. */
  readonly listenerActs: number;
  readonly queryHangs: number;
  readonly leaseDies: number;
}

const FAULTS: readonly (keyof FaultMix)[] = [
  'connectFails',
  'connectHangs',
  'connectSlow',
  'connectFatal',
  'connectDiesAtOnce',
  'connectDeaf',
  'pingFails',
  'pingHangs',
  'resetFails',
  'resetHangs',
  'returnsBroken',
  'closeHangs',
  'closeLost',
  'closeFails',
  'closeSlow',
  'callThrows',
  'hookThrows',
  'listenerActs',
  'queryHangs',
  'leaseDies',
];

export function drawFaults(draw: Draw): FaultMix {
  const scale = draw.pick([0, 0.05, 0.2, 0.4]);
  return Object.fromEntries(
    FAULTS.map((name) => [name, draw.chance(0.5) ? 0 : draw.next() * scale]),
  ) as unknown as FaultMix;
}

/** No fault: how the world is once it has healed. */
export const NO_FAULTS: FaultMix = Object.freeze(
  Object.fromEntries(FAULTS.map((name) => [name, 0])) as unknown as FaultMix,
);

/** Options of the pool for one seed; times are short, so that a history of a few seconds comes by all of them. */
export type DrawnOptions = Required<Omit<PoolOptions, 'clock' | 'random' | 'logger' | 'stacks' | 'name'>>;

export function drawOptions(draw: Draw): DrawnOptions {
  const size = draw.between(1, 4);
  const maxOverflow = draw.pick([0, 0, 1, 2, 3]);
  const reserved = draw.pick([0, 0, 0, 1, 2]);
  return {
    size,
    maxOverflow,
    minIdle: draw.chance(0.7) ? 0 : draw.between(1, Math.min(2, size + maxOverflow)),
    maxWaiting: draw.pick([0, 2, 6, 1_000]),
    queuePolicy: draw.chance(0.35) ? 'controlled' : 'fifo',
    overloadAfterMs: draw.pick([40, 100, 1_000]),
    reserved: Math.min(reserved, size + maxOverflow - 1),
    tenantTag: 'tenant',
    tenantWeights: draw.pick([{}, {}, { acme: 3 }, { acme: 2, bolt: 0.5 }]),
    maxConnecting: draw.between(1, 4),
    acquireTimeoutMs: draw.pick([60, 200, 900, 3_000]),
    connectTimeoutMs: draw.pick([150, 300, 700]),
    retryConnect: draw.chance(0.6),
    connectBackoffMs: draw.pick([20, 40]),
    maxConnectBackoffMs: draw.pick([40, 200]),
    maxLifetimeMs: draw.pick([Infinity, 900, 2_500]),
    maxUses: draw.pick([Infinity, Infinity, 1, 3]),
    idleTimeoutMs: draw.pick([Infinity, 150, 600]),
    overflowLingerMs: draw.pick([0, 40, 200]),
    prePing: draw.chance(0.6),
    pingAfterIdleMs: draw.pick([0, 20, 120]),
    pingTimeoutMs: draw.pick([30, 80]),
    keepaliveMs: draw.pick([0, 0, 130, 400]),
    resetTimeoutMs: draw.pick([40, 80]),
    closeTimeoutMs: draw.pick([60, 120]),
    lostTimeoutMs: draw.pick([0, 200, 700]),
    drainMs: draw.pick([0, 100, 500]),
    leakThresholdMs: draw.pick([150, 400]),
    idleThresholdMs: draw.pick([80, 150, 400]),
    orphanGraceMs: draw.pick([0, 40, 100]),
    adaptiveThreshold: draw.chance(0.5) ? false : { factor: 2, floorMs: 60, minLeases: 3 },
    monitorIntervalMs: draw.pick([20, 50, 90]),
    reportIntervalMs: draw.pick([0, 300]),
    maxSites: draw.pick([1, 5, 40]),
    nestedAcquire: draw.pick(['off', 'warn', 'warn', 'error'] as const),
    reclaim: draw.pick(['report', 'under-pressure', 'always'] as const),
    sessionTimeoutMs: draw.pick([400, 1_500]),
  };
}

/** Who comes to the pool of one seed: for a half of them nobody says anything of itself. */
export interface CallerMix {
  /** How many of the callers, or of their sessions, name a priority. */
  readonly priorities: number;
  readonly tenants: number;
  /** How many times so many come, for so long, that they cannot all be served, or hardly. */
  readonly crowds: number;
}

/** Nobody says anything of itself. */
export const PLAIN_CALLERS: CallerMix = Object.freeze({ priorities: 0, tenants: 0, crowds: 0 });

/** Known to the weights of some pools, or to none. */
export const TENANTS: readonly string[] = ['acme', 'bolt', 'core'];

export function drawCallers(draw: Draw, { queuePolicy, maxWaiting }: DrawnOptions): CallerMix {
  // Where nobody may wait but for a connection that is free, few crowds are an overload.
  const share = maxWaiting === 0 ? 0.5 : 0.15;
  return {
    priorities: draw.pick([0, 0, 0.2, 0.7]),
    tenants: draw.pick([0, 0, 0.3, 0.9]),
    crowds: draw.chance(queuePolicy === 'controlled' ? share : 0.05) ? 2 : 0,
  };
}
