import { Session } from '@lifeguard/core';
import { ManualClock, settle } from '@lifeguard/core/testing';
import type { FakeOutcome } from '@lifeguard/core/testing';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { LoggedPool } from '../test/event-log.ts';
import { parse } from '../test/measured-world.ts';
import { makeOtel } from '../test/otel-reader.ts';
import { otelMetrics } from './otel/otel-metrics.ts';
import { prometheusMetrics } from './prometheus-text.ts';

const { LG_SEED, LG_RUNS } = process.env;
const REPLAY = {
  numRuns: Number(LG_RUNS ?? 60),
  ...(LG_SEED === undefined ? {} : { seed: Number(LG_SEED) }),
};

/** What is not told by any event. */
const UNTOLD = /^lifeguard_(?:connect_failing|loop_)/;

interface Options {
  readonly size: number;
  readonly maxOverflow: number;
  readonly minIdle: number;
  readonly maxWaiting: number;
  readonly retryConnect: boolean;
  readonly reclaim: 'report' | 'always';
}

/** Lines that had a value in some history, and in some had none. */
const seen = new Set<string>();
const unseen = new Set<string>();

/** Of whichever pool. */
function lineOf(line: string): string {
  return line.replace(/db_client_connection_pool_name="[^"]*",?/, '').replace('{}', '');
}

/** What no history here comes by. */
const NEVER = /nested|deadlock|shed|"(?:resetting|closing|lost)"|le="(?:5|10)"/;

/** Two pools of one name on one clock, looked at from outside. */
class World {
  readonly clock = new ManualClock();
  readonly pools: readonly LoggedPool[];
  readonly sessions: Session[] = [];
  readonly #options: readonly Options[];
  readonly #text: () => string;
  readonly #otel = makeOtel();
  readonly stop: () => void;

  constructor(options: readonly Options[]) {
    this.#options = options;
    this.pools = options.map((each) => new LoggedPool(this.clock, each));
    const pools = this.pools.map(({ pool }) => pool);
    this.#text = prometheusMetrics(pools);
    this.stop = otelMetrics({ meterProvider: this.#otel.meterProvider, pools });
  }

  async check(): Promise<void> {
    await settle();
    const expected = new Map(
      this.pools.flatMap((logged, index) => [
        ...logged.expected(index === 0 ? 'main' : `main-${index + 1}`, this.#options[index] as Options),
      ]),
    );
    const text = new Map([...parse(this.#text())].filter(([line]) => !UNTOLD.test(line)));
    expect(rounded(text)).toEqual(rounded(expected));
    for (const [line, value] of text) if (value === 0) unseen.add(lineOf(line));
    for (const [line, value] of text) if (value > 0) seen.add(lineOf(line));
    await this.#checkOtel(expected);
  }

  /** All that OpenTelemetry has of pools that are there is what is expected of the text; histograms are put together the same way. */
  async #checkOtel(expected: ReadonlyMap<string, number>): Promise<void> {
    const shown = this.pools.flatMap(({ state }, index) =>
      state === 'closed' ? [] : `pool_name="${index === 0 ? 'main' : `main-${index + 1}`}"`,
    );
    const found = new Map<string, number>();
    for (const [key, { kind, unit, value }] of await this.#otel.collect()) {
      const [name = '', attributes = ''] = key.split(' ');
      const base = `${name}${unit === 's' ? '_seconds' : ''}${kind === 'counter' ? '_total' : ''}`.replaceAll(
        '.',
        '_',
      );
      const labels = Object.entries(JSON.parse(attributes) as Record<string, string>).map(
        ([label, text]) => `${label.replaceAll('.', '_')}="${text}"`,
      );
      const set = (suffix: string, number: number, more: readonly string[] = []): void =>
        void found.set(`${base}${suffix}{${[...labels, ...more].join(',')}}`, number);
      if (typeof value === 'number') {
        set('', value);
        continue;
      }
      let upTo = 0;
      value.buckets.counts.forEach((count, index) =>
        set('_bucket', (upTo += count), [`le="${value.buckets.boundaries[index] ?? '+Inf'}"`]),
      );
      set('_count', value.count);
      set('_sum', value.sum ?? 0);
    }
    const ofThose = ([line]: readonly [string, number]): boolean =>
      !UNTOLD.test(line) && shown.some((pool) => line.includes(pool));
    const told = [...found].filter(ofThose);
    // OpenTelemetry has no histogram of nothing.
    const wanted = [...expected].filter(
      ([line, value]) => found.has(line) || !line.includes('_time_seconds') || value > 0,
    );
    expect(rounded(told)).toEqual(rounded(wanted));
  }
}

/** Sums depend on the order, and on whether seconds or milliseconds are added up. */
function rounded(lines: Iterable<readonly [string, number]>): ReadonlyMap<string, number> {
  return new Map([...lines].map(([line, value]) => [line, Math.round(value * 1e6) / 1e6]));
}

type Command = fc.AsyncCommand<object, World>;

function step<T>(
  name: string,
  values: fc.Arbitrary<T>,
  run: (world: World, pool: LoggedPool, value: T) => unknown,
): fc.Arbitrary<Command> {
  return fc.tuple(fc.nat({ max: 1 }), values).map(([which, value]) => ({
    check: () => true,
    toString: () => `${name}(${which}, ${fc.stringify(value)})`,
    async run(_, world) {
      await run(world, world.pools[which] as LoggedPool, value);
      await world.check();
    },
  }));
}

function pick<T>(list: readonly T[], index: number, then: (item: T) => void): void {
  const item = list[index % Math.max(1, list.length)];
  if (item !== undefined) then(item);
}

const index = fc.nat({ max: 20 });
const nothing = fc.constant(undefined);
const outcome = fc.constantFrom<FakeOutcome>('ok', 'hang', 'hang', new Error('down'));

const commands: fc.Arbitrary<Command>[] = [
  ...[1, 2, 3, 4].map(() =>
    step('acquire', fc.constantFrom(30, 200, 1_000), (_, logged, ms) => logged.acquire(ms)),
  ),
  ...[1, 2].map(() =>
    step('release', index, (_, { attempts }, at) =>
      pick(
        attempts.filter(({ lease }) => lease?.isOpen),
        at,
        ({ lease }) => lease?.release(),
      ),
    ),
  ),
  step('releaseAgain', index, (_, { attempts }, at) => pick(attempts, at, ({ lease }) => lease?.release())),
  step('destroy', index, (_, { attempts }, at) => pick(attempts, at, ({ lease }) => lease?.destroy())),
  step('abort', index, (_, { attempts }, at) =>
    pick(attempts, at, ({ controller }) => controller.abort(new Error('changed its mind'))),
  ),
  ...[1, 2, 3].map(() =>
    step('advance', fc.constantFrom(1, 7, 25, 70, 350, 1_100), ({ clock }, __, ms) => clock.advance(ms)),
  ),
  step('die', index, (_, logged, at) =>
    pick(
      logged.connector.opened.filter((each) => !logged.connector.closed.includes(each)),
      at,
      (each) => logged.die(each),
    ),
  ),
  step('setConnect', outcome, (_, { connector }, how) => Object.assign(connector, { onConnect: how })),
  step('setPing', fc.constantFrom<FakeOutcome>('ok', new Error('no answer')), (_, { connector }, how) =>
    Object.assign(connector, { onPing: how }),
  ),
  ...[1, 2, 3].map(() =>
    step('finishConnect', fc.constantFrom(true, true, false), (_, { connector }, well) =>
      connector.finish('connect', well ? undefined : new Error('failed')),
    ),
  ),
  step('soil', fc.tuple(index, fc.constantFrom('dirty', 'broken')), (_, { connector }, [at, how]) =>
    pick(connector.opened, at, (each) => {
      each.cleanliness = how;
    }),
  ),
  step('evict', nothing, (_, { pool }) => pool.evict()),
  step('reclaim', nothing, (_, { pool }) => pool.reclaim()),
  step('cancel', nothing, (_, logged) => logged.cancel()),
  step('suspend', nothing, (_, logged) => {
    if (logged.state !== 'open') return;
    logged.pool.suspend();
    logged.state = 'suspended';
  }),
  ...[1, 2].map(() =>
    step('resume', nothing, (_, logged) => {
      if (logged.state !== 'suspended') return;
      logged.state = 'open';
      logged.pool.resume();
    }),
  ),
  step('session', fc.constantFrom(40, 250), ({ sessions, clock }, _, timeoutMs) =>
    sessions.push(new Session({ timeoutMs, clock }, sessions.at(-1))),
  ),
  ...[1, 2].map(() =>
    step('acquireInSession', index, ({ sessions }, logged, at) =>
      pick(sessions, at, (session) => logged.acquire(200, session)),
    ),
  ),
  step('endSession', index, ({ sessions }, _, at) => pick(sessions, at, (session) => session.end())),
  step('close', fc.tuple(fc.nat({ max: 9 }), fc.constantFrom(0, 100)), (_, logged, [oneInTen, drainMs]) => {
    if (oneInTen === 0) logged.close(drainMs);
  }),
];

const options: fc.Arbitrary<Options> = fc.record({
  size: fc.integer({ min: 1, max: 3 }),
  maxOverflow: fc.integer({ min: 0, max: 2 }),
  minIdle: fc.constantFrom(0, 0, 1),
  maxWaiting: fc.constantFrom(3, 100),
  retryConnect: fc.boolean(),
  reclaim: fc.constantFrom('report', 'always'),
});

it(
  'whatever happens to two pools, all outputs say after every step what was told of it',
  async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.tuple(options, options),
        fc.commands(commands, { maxCommands: 100, size: 'max' }),
        async (chosen, steps) => {
          const world = new World(chosen);
          await fc.asyncModelRun(() => ({ model: {}, real: world }), steps);
          world.stop();
        },
      ),
      REPLAY,
    );
    if (LG_SEED === undefined && REPLAY.numRuns >= 60)
      expect([...unseen].filter((line) => !seen.has(line) && !NEVER.test(line))).toEqual([]);
  },
  60_000 + REPLAY.numRuns * 1_000,
);
