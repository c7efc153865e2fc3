import { ChoiceAgenda } from './choice-agenda.ts';
import type { Core } from './core.ts';
import { judgeEnd } from './liveness.ts';
import { NO_FAULTS } from './plan.ts';
import type { DrawnOptions } from './plan.ts';
import { advance } from './time.ts';
import { World } from './world.ts';

/** What goes wrong, once, at any point of a history. */
type Fault = 'fail' | 'kill' | 'abort' | 'evict' | 'close' | 'suspend';

/** A world so small that all its histories can be played. */
export interface SmallWorld {
  readonly name: string;
  readonly options: Partial<DrawnOptions>;
  readonly callers: readonly ((world: World) => Promise<unknown>)[];
  /** One of these, once; none for a world without faults. */
  readonly faults: readonly Fault[];
  /** How often time passes up to the next timer while answers are still under way. */
  readonly timers: number;
}

/** What exploring a world has found. */
export interface Exploration {
  readonly histories: number;
  /** The history that breaks a rule, as the choices that were made. */
  readonly failure: { readonly message: string; readonly path: readonly string[] } | undefined;
}

/** Time passes by these only where a world wants it: the others are out of its reach. */
const QUIET: DrawnOptions = {
  size: 2,
  maxOverflow: 0,
  minIdle: 0,
  maxWaiting: 1_000,
  queuePolicy: 'fifo',
  overloadAfterMs: 1_000,
  reserved: 0,
  tenantTag: 'tenant',
  tenantWeights: {},
  maxConnecting: 2,
  acquireTimeoutMs: 100_000,
  connectTimeoutMs: 50_000,
  retryConnect: true,
  connectBackoffMs: 20,
  maxConnectBackoffMs: 20,
  maxLifetimeMs: Infinity,
  maxUses: Infinity,
  idleTimeoutMs: Infinity,
  overflowLingerMs: 100_000,
  prePing: false,
  pingAfterIdleMs: 0,
  pingTimeoutMs: 1_000,
  keepaliveMs: 0,
  resetTimeoutMs: 1_000,
  closeTimeoutMs: 1_000,
  lostTimeoutMs: 1_000,
  drainMs: 0,
  leakThresholdMs: 50_000,
  idleThresholdMs: 50_000,
  orphanGraceMs: 50_000,
  adaptiveThreshold: false,
  monitorIntervalMs: 100_000,
  reportIntervalMs: 0,
  maxSites: 5,
  nestedAcquire: 'off',
  reclaim: 'report',
  sessionTimeoutMs: 50_000,
};
const HEALING_MS = 120_000;

/** Plays every history of a world, depth first: each differs from the one before in the last choice that had another. */
export async function explore(core: Core, small: SmallWorld): Promise<Exploration> {
  let histories = 0;
  for (let path: number[] | undefined = []; path !== undefined; ) {
    const taken = await playHistory(core, small, path);
    histories += 1;
    if (taken.failure !== undefined)
      return {
        histories,
        failure: { message: taken.failure, path: taken.choices.map(({ what }) => what) },
      };
    path = nextPath(taken.choices);
  }
  return { histories, failure: undefined };
}

interface Taken {
  readonly what: string;
  readonly index: number;
  readonly of: number;
}

function nextPath(choices: readonly Taken[]): number[] | undefined {
  const last = choices.findLastIndex(({ index, of }) => index + 1 < of);
  if (last < 0) return undefined;
  return choices.slice(0, last + 1).map(({ index }, depth) => (depth === last ? index + 1 : index));
}

async function playHistory(
  core: Core,
  small: SmallWorld,
  path: readonly number[],
): Promise<{ readonly choices: readonly Taken[]; readonly failure: string | undefined }> {
  const agenda = new ChoiceAgenda();
  const world = new World({
    core,
    seed: 1,
    options: { ...QUIET, ...small.options },
    faults: NO_FAULTS,
    agenda,
  });
  small.callers.forEach((caller, index) =>
    agenda.wake(`caller ${index + 1} comes`, 0, () => void caller(world).catch(() => undefined)),
  );
  const choices: Taken[] = [];
  const left = { faults: small.faults.length > 0 ? 1 : 0, timers: small.timers };
  try {
    await world.settle();
    for (let options = list(world, agenda, small, left); options.length > 0; ) {
      const index = path[choices.length] ?? 0;
      const { what, run } = options[index] as Option;
      choices.push({ what, index, of: options.length });
      world.run(run);
      await world.settle();
      options = list(world, agenda, small, left);
    }
    await finish(world, agenda);
    return { choices, failure: undefined };
  } catch (error) {
    return { choices, failure: error instanceof Error ? error.message : String(error) };
  }
}

interface Option {
  readonly what: string;
  readonly run: () => void;
}

/** All that may happen next. */
function list(
  world: World,
  agenda: ChoiceAgenda,
  small: SmallWorld,
  left: { faults: number; timers: number },
): Option[] {
  const options: Option[] = agenda.choices.map((choice) => ({
    what: choice.what,
    run: () => {
      agenda.take(choice);
      choice.run();
    },
  }));
  if (left.faults > 0) {
    for (const { what, run } of small.faults.flatMap((fault) => faultsOf(world, agenda, fault)))
      options.push({ what, run: () => ((left.faults -= 1), run()) });
  }
  const isSoon = world.clock.nextAt - world.clock.now() < 10_000;
  if (left.timers > 0 && isSoon) {
    const run = (): void => ((left.timers -= 1), world.clock.take(Infinity)?.());
    options.push({ what: 'time passes', run });
  }
  return options;
}

function faultsOf(world: World, agenda: ChoiceAgenda, fault: Fault): Option[] {
  switch (fault) {
    case 'fail':
      return agenda.choices.flatMap((choice) =>
        choice.fail === undefined
          ? []
          : { what: `${choice.what} fails`, run: () => (agenda.take(choice), choice.fail?.()) },
      );
    case 'kill':
      return world.server.connections
        .filter(({ isKept }) => isKept)
        .map((each) => ({ what: `c${each.id} dies`, run: () => world.connector.kill(each) }));
    case 'abort':
      return [...world.calls.waiting].map((call) => ({
        what: `${call.label} gives up`,
        run: () => call.controller?.abort(new Error('gave up')),
      }));
    case 'evict':
      return [{ what: 'evict', run: () => ((world.generation += 1), world.pool.evict()) }];
    case 'close':
      return [{ what: 'close', run: () => world.close(0) }];
    case 'suspend':
      return [{ what: 'suspend', run: () => suspendForATurn(world, agenda) }];
    default:
      return fault satisfies never;
  }
}

function suspendForATurn(world: World, agenda: ChoiceAgenda): void {
  world.isSuspended = true;
  world.pool.suspend();
  agenda.wake('resume', 0, () => {
    world.isSuspended = false;
    world.pool.resume();
  });
}

/** Nothing goes wrong any more: everybody is served, and the pool closes. */
async function finish(world: World, agenda: ChoiceAgenda): Promise<void> {
  const settleAll = async (): Promise<void> => {
    for (let [choice] = agenda.choices; choice !== undefined; [choice] = agenda.choices) {
      agenda.take(choice);
      world.run(choice.run);
      await world.settle();
    }
  };
  for (let round = 0; round < 4 && world.calls.waiting.size + world.holds.open.size > 0; round += 1) {
    for (const hold of [...world.holds.open]) if (hold.lease !== undefined) world.release(hold);
    await world.settle();
    await settleAll();
    await advance(world, 30);
    await settleAll();
  }
  const { judge, calls } = world;
  judge.expect(calls.waiting.size === 0, 'liveness', () => `${calls.waiting.size} still wait`);
  world.close(0);
  await world.settle();
  await settleAll();
  await advance(world, HEALING_MS);
  judgeEnd(world);
}
