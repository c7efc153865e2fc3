import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { contextStorage } from './context-storage.ts';
import { isLifeguardError } from './errors.ts';
import { Pool } from './pool.ts';
import { seededRandom } from './random.ts';
import { FakeConnector, ManualClock, settle } from './testing/index.ts';
import type { FakeConnection } from './testing/index.ts';

/** LG_SEED and LG_PATH repeat a failure: they are the seed and path that it prints. */
const { LG_SEED, LG_PATH, LG_RUNS } = process.env;
const REPLAY = {
  numRuns: Number(LG_RUNS ?? 150),
  ...(LG_SEED === undefined ? {} : { seed: Number(LG_SEED) }),
  ...(LG_PATH === undefined ? {} : { path: LG_PATH }),
};

/** A piece of work: what it does, one after the other. */
type Step =
  | { readonly kind: 'use'; readonly inside: readonly Step[] }
  | { readonly kind: 'sleep'; readonly ms: number }
  /** Started, and not awaited. */
  | { readonly kind: 'spawn'; readonly work: readonly Step[] }
  | { readonly kind: 'all'; readonly works: readonly (readonly Step[])[] };

const { work } = fc.letrec<{ step: Step; work: Step[] }>((tie) => ({
  step: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    fc.record({ kind: fc.constant('sleep' as const), ms: fc.integer({ min: 0, max: 30 }) }),
    fc.record({ kind: fc.constant('use' as const), inside: tie('work') }),
    fc.record({ kind: fc.constant('use' as const), inside: tie('work') }),
    fc.record({ kind: fc.constant('spawn' as const), work: tie('work') }),
    fc.record({
      kind: fc.constant('all' as const),
      works: fc.array(tie('work'), { minLength: 1, maxLength: 3 }),
    }),
  ),
  work: fc.array(tie('step'), { minLength: 1, maxLength: 3, depthIdentifier: 'work' }),
}));

/** Works begin one after the other, each on its own. */
const program = fc.array(fc.record({ atMs: fc.integer({ min: 0, max: 40 }), work }), {
  minLength: 1,
  maxLength: 4,
});
type Program = { readonly atMs: number; readonly work: readonly Step[] }[];

interface Outcome {
  /** The leases that were open at the first verdict. */
  readonly heldAtVerdict: readonly number[] | undefined;
  readonly verdictAt: number | undefined;
  /** The leases that are open after a long time. */
  readonly heldAtEnd: readonly number[];
  readonly running: number;
  readonly failures: readonly unknown[];
}

/** Opens so many connections, and is for ever about to open the next one. */
class EndlessConnector extends FakeConnector {
  readonly #size: number;

  constructor(size: number) {
    super();
    this.#size = size;
  }

  override connect(context: Parameters<FakeConnector['connect']>[0]): Promise<FakeConnection> {
    if (this.connects >= this.#size) this.onConnect = 'hang';
    return super.connect(context);
  }
}

async function run(plan: Program, size: number, canBeJudged = true): Promise<Outcome> {
  const clock = new ManualClock(0);
  const pool = new Pool(new EndlessConnector(size), {
    size,
    maxOverflow: canBeJudged ? 0 : 1,
    connectTimeoutMs: Infinity,
    acquireTimeoutMs: Infinity,
    nestedAcquire: 'off',
    monitorIntervalMs: 50,
    leakThresholdMs: Infinity,
    random: seededRandom(1),
    clock,
  });
  const failures: unknown[] = [];
  let running = 0;
  let verdict: { readonly at: number; readonly held: readonly number[] } | undefined;
  const held = (): number[] => [...pool.tracker.records()].map(({ id }) => id);
  pool.on('deadlock', () => void (verdict ??= { at: clock.now(), held: held() }));

  const sleep = (ms: number): Promise<void> =>
    new Promise((resolve) => {
      clock.setTimer(ms, resolve);
    });
  const start = (steps: readonly Step[]): void => {
    running += 1;
    perform(steps)
      .catch((error: unknown) => failures.push(error))
      .finally(() => (running -= 1));
  };
  async function perform(steps: readonly Step[]): Promise<void> {
    for (const step of steps) {
      if (step.kind === 'sleep') await sleep(step.ms);
      else if (step.kind === 'use') await pool.use(() => perform(step.inside));
      else if (step.kind === 'spawn') start(step.work);
      // Not Promise.all: what it leaves behind when one of them fails is awaited by nobody.
      else await Promise.allSettled(step.works.map((each) => perform(each))).then(rethrow);
    }
  }
  for (const { atMs, work: steps } of plan) clock.setTimer(atMs, () => start(steps));
  await clock.advance(5_000);
  await settle();
  return {
    heldAtVerdict: verdict?.held,
    verdictAt: verdict?.at,
    heldAtEnd: held(),
    running,
    failures,
  };
}

function rethrow(results: readonly PromiseSettledResult<void>[]): void {
  const failed = results.find((result) => result.status === 'rejected');
  if (failed !== undefined) throw failed.reason as Error;
}

/** The same program on a pool that always hopes for one more connection, and so never judges. */
const runBlind = (plan: Program, size: number): Promise<Outcome> => run(plan, size, false);

describe('whatever a program does with its blocks', () => {
  it(
    'a verdict is never wrong, and no deadlock goes unseen',
    async () => {
      let verdicts = 0;
      await fc.assert(
        fc.asyncProperty(program, fc.integer({ min: 1, max: 3 }), async (plan, size) => {
          const seen = await run(plan, size);
          const blind = await runBlind(plan, size);
          // Nobody is stuck, and nobody failed for another reason.
          expect(seen.running, 'works that never ended').toBe(0);
          expect(seen.failures.every((error) => isLifeguardError(error, 'LG_POOL_DEADLOCK'))).toBe(true);
          if (seen.verdictAt === undefined) {
            expect(blind.running, 'stuck without a verdict').toBe(0);
            return;
          }
          verdicts += 1;
          // Left alone, the very leases that were open at the verdict are open for ever.
          expect(blind.heldAtEnd, 'leases that would have come back').toEqual(seen.heldAtVerdict);
        }),
        REPLAY,
      );
      // The property would hold for programs that never meet, too.
      if (LG_PATH === undefined) expect(verdicts).toBeGreaterThan(REPLAY.numRuns / 50);
      expect(contextStorage().getStore()).toBeUndefined();
    },
    60_000 + REPLAY.numRuns * 500,
  );
});
