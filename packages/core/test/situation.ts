import type { PoolWindow } from '../src/advice/pool-window.ts';
import type { ServerFacts } from '../src/advice/server-facts.ts';
import type { Situation } from '../src/advice/situation.ts';
import type { LeaseView, PoolSnapshot } from '../src/snapshot.ts';
import { Pool } from '../src/pool.ts';
import { FakeConnector, ManualClock } from '../src/testing/index.ts';

type Parts = Omit<Partial<Situation>, 'pool' | 'window' | 'server'> & {
  readonly pool?: Partial<PoolSnapshot>;
  readonly window?: Partial<PoolWindow>;
  readonly server?: Partial<ServerFacts>;
};

/** Ten minutes of a pool of 10 + 5 in which nothing is wrong. */
const QUIET: PoolWindow = {
  lengthMs: 600_000,
  samples: 120,
  acquired: 60_000,
  timeouts: 0,
  shed: 0,
  connected: 6,
  connectFailures: 0,
  pingFailures: 0,
  nested: 0,
  deadlocks: 0,
  meanHeldMs: 50,
  meanWaitMs: 0,
  meanUsed: 5,
  offeredLoad: 5,
  peakUsed: 9,
  longestWaitMs: 10,
  overflowShare: 0,
  pendingShare: 0,
  blockedShare: 0,
};

const SERVER: ServerFacts = {
  maxConnections: 100,
  reserved: 3,
  backends: 20,
  ours: 10,
  instances: 2,
  orphans: 0,
  blocked: 0,
};

/** Of a pool that nobody has used yet. */
const FRESH = new Pool(new FakeConnector(), {
  name: 'orders',
  size: 10,
  maxOverflow: 5,
  clock: new ManualClock(),
}).snapshot();

/** A situation in which no rule has anything to say, but for what is given. */
export function situation({ pool, window, server, siblings = [] }: Parts = {}): Situation {
  return {
    pool: { ...FRESH, used: 5, idle: 5, ...pool },
    window: { ...QUIET, ...window },
    server: { ...SERVER, ...server },
    siblings,
  };
}

/** A lease of `src/orders.ts:42`, 40 s old. */
export function leaseView(parts: Partial<LeaseView> = {}): LeaseView {
  return {
    id: 1,
    heldMs: 40_000,
    idleMs: 40_000,
    site: { file: 'src/orders.ts', line: 42, column: 3, functionName: 'createOrder' },
    frames: [],
    label: undefined,
    session: undefined,
    transaction: 'none',
    queryRunning: false,
    queries: 1,
    lastQuery: 'select ?',
    backendPid: undefined,
    suspected: false,
    blockedMs: 0,
    collected: false,
    ...parts,
  };
}
