import fc from 'fast-check';
import { describe, it } from 'vitest';
import { PoolWorld } from '../test/pool-world.ts';
import { watch } from '../test/pool-fixture.ts';
import type { PoolOptions } from './pool-options.ts';
import type { FakeOutcome } from './testing/index.ts';

/** LG_SEED, LG_PATH and LG_REPLAY repeat a failure: they are the seed, path and replayPath that it prints. */
const { LG_SEED, LG_PATH, LG_REPLAY, LG_RUNS } = process.env;
const REPLAY = {
  numRuns: Number(LG_RUNS ?? 300),
  ...(LG_SEED === undefined ? {} : { seed: Number(LG_SEED) }),
  ...(LG_PATH === undefined ? {} : { path: LG_PATH }),
};

/** Every so many times: what ends or halts all else must be rare. */
const rarely = (oneIn: number): fc.Arbitrary<boolean> =>
  fc.nat({ max: oneIn - 1 }).map((drawn) => drawn === 0);

type Command = fc.AsyncCommand<object, PoolWorld>;

/** One kind of step, its argument drawn from `values`. After it, everything that must hold is looked at. */
function step<T>(
  name: string,
  values: fc.Arbitrary<T>,
  run: (world: PoolWorld, value: T) => unknown,
): fc.Arbitrary<Command> {
  return values.map((value) => ({
    check: () => true,
    toString: () => `${name}(${fc.stringify(value)})`,
    async run(_, world) {
      await run(world, value);
      await world.check();
    },
  }));
}

/** Picks a member of a list by a number that may be larger than it. */
function pick<T>(list: readonly T[], index: number, then: (item: T) => void): void {
  const item = list[index % Math.max(1, list.length)];
  if (item !== undefined) then(item);
}

const index = fc.nat({ max: 20 });
const nothing = fc.constant(undefined);
const priority = fc.constantFrom('high', 'low', undefined);
const tenant = fc.constantFrom('a', 'b', undefined);
const outcome = fc.constantFrom<FakeOutcome>('ok', 'hang', new Error('down'));
const kind = fc.constantFrom('connect', 'ping', 'reset', 'close');
const OUTCOME_OF = { connect: 'onConnect', ping: 'onPing', reset: 'onReset', close: 'onClose' } as const;

const commands: fc.Arbitrary<Command>[] = [
  ...[1, 2, 3, 4, 5, 6].map(() =>
    step('acquire', fc.constantFrom(30, 200, 1_000), (world, ms) => world.acquire(ms)),
  ),
  step('acquireFor', fc.tuple(priority, tenant), (world, [urgency, whom]) =>
    world.acquire(200, undefined, {
      ...(urgency === undefined ? {} : { priority: urgency }),
      ...(whom === undefined ? {} : { tenant: whom }),
    }),
  ),
  ...[1, 2, 3].map(() =>
    step('release', index, (world, at) =>
      pick(
        world.leases().filter((each) => each.isOpen),
        at,
        (each) => each.release(),
      ),
    ),
  ),
  step('releaseAgain', index, (world, at) => pick(world.leases(), at, (each) => each.release())),
  step('destroy', index, (world, at) => pick(world.leases(), at, (each) => each.destroy())),
  step('abort', index, (world, at) => pick(world.attempts, at, (each) => each.controller.abort())),
  ...[1, 2, 3].map(() =>
    step('advance', fc.constantFrom(1, 7, 25, 70, 350, 1_100), (world, ms) => world.clock.advance(ms)),
  ),
  step('stall', fc.constantFrom(60, 400), (world, ms) => world.clock.stall(ms)),
  step('die', index, (world, at) =>
    pick(
      world.connector.opened.filter((each) => !world.connector.closed.includes(each)),
      at,
      (each) => each.die(),
    ),
  ),
  ...[1, 2].map(() =>
    step('set', fc.tuple(kind, outcome), (world, [what, how]) =>
      Object.assign(world.connector, { [OUTCOME_OF[what]]: how }),
    ),
  ),
  step('setDeath', fc.constantFrom(undefined, 'hang', { value: 'lost' } as const), (world, how) =>
    Object.assign(world.connector, { onDeath: how }),
  ),
  step('findGone', index, (world, at) =>
    pick([...world.connector.foundGone.values()], at, (found) => found()),
  ),
  ...[1, 2].map(() =>
    step('finish', fc.tuple(kind, fc.boolean()), (world, [what, well]) =>
      world.connector.finish(what, well ? undefined : new Error('failed')),
    ),
  ),
  step('soil', fc.tuple(index, fc.constantFrom('dirty', 'broken')), (world, [at, how]) =>
    pick(world.connector.opened, at, (each) => {
      each.cleanliness = how;
    }),
  ),
  step('evict', nothing, (world) => world.pool.evict()),
  step(
    'resize',
    fc.tuple(fc.integer({ min: 1, max: 4 }), fc.integer({ min: 0, max: 2 })),
    (world, [size, more]) => world.resize(size, more),
  ),
  step('suspend', rarely(4), (world, now) => now && world.pool.suspend()),
  step('resume', nothing, (world) => world.pool.resume()),
  step('session', fc.constantFrom(40, 250), (world, ms) => world.begin(ms)),
  step('acquireInSession', index, (world, at) =>
    pick(world.sessions, at, (each) => world.acquire(200, each)),
  ),
  step('endSession', index, (world, at) => pick(world.sessions, at, (each) => each.end())),
  step('abortSession', index, (world, at) =>
    pick(world.sessions, at, (each) => each.abort(new Error('cancelled'))),
  ),
  step('close', fc.tuple(rarely(20), fc.constantFrom(0, 100)), (world, [now, drainMs]) => {
    if (now) world.closing ??= watch(world.pool.close({ drainMs }));
  }),
];

const options: fc.Arbitrary<PoolOptions> = fc
  .record({
    size: fc.integer({ min: 1, max: 3 }),
    maxOverflow: fc.integer({ min: 0, max: 2 }),
    minIdle: fc.constantFrom(0, 0, 1),
    maxWaiting: fc.constantFrom(3, 100),
    maxConnecting: fc.integer({ min: 1, max: 4 }),
    maxUses: fc.constantFrom(Infinity, 2),
    retryConnect: fc.boolean(),
    prePing: fc.boolean(),
    reserved: fc.constantFrom(0, 0, 1),
    isControlled: fc.boolean(),
    reclaim: fc.constantFrom('report', 'under-pressure', 'always'),
  })
  .map(({ isControlled, reserved, ...rest }) => ({
    ...rest,
    queuePolicy: isControlled ? 'controlled' : 'fifo',
    reserved: Math.min(reserved, rest.size + rest.maxOverflow - 1),
  }));

describe('whatever happens to a pool', () => {
  it(
    'its invariants hold after every step, and when the faults stop all capacity comes back',
    async () => {
      const history = fc.commands(commands, {
        maxCommands: 120,
        size: 'max',
        ...(LG_REPLAY ? { replayPath: LG_REPLAY } : {}),
      });
      await fc.assert(
        fc.asyncProperty(options, fc.boolean(), history, async (chosen, isDeaf, steps) => {
          const world = new PoolWorld(chosen, isDeaf);
          await fc.asyncModelRun(() => ({ model: {}, real: world }), steps);
          await world.heal();
        }),
        REPLAY,
      );
    },
    60_000 + REPLAY.numRuns * 1_000,
  );
});
