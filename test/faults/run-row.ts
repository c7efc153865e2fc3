import { setTimeout as delay } from 'node:timers/promises';
import { BackendSampler } from './backend-sampler.ts';
import type { FaultRow } from './fault-row.ts';
import { now } from './messages.ts';
import type { ApplicationReport, SideName } from './messages.ts';
import { openRoute } from './open-route.ts';
import type { OpenRoute } from './open-route.ts';
import type { RowResult } from './row-result.ts';
import { MAX, World } from './world.ts';
import { startNamedServer } from './named-server.ts';
import type { NamedServer } from './named-server.ts';
import type { Route } from './world.ts';

export interface RunOptions {
  readonly server: NamedServer;
  readonly route: Route;
  readonly side: SideName;
  /** How much longer than in CI faults last. */
  readonly patience: number;
}

const CAPACITY_LIMIT_MS = 8_000;
const CLOSE_LIMIT_MS = 4_000;
const LEFT_LIMIT_MS = 2_000;
const WARM_MS = 150;
/** The load goes on for a while. */
const AFTER_MS = 150;

/** Runs one fault against one side, and says what was seen. Leaves nothing behind. */
export async function runRow(row: FaultRow, options: RunOptions): Promise<RowResult> {
  if (row.ownServer !== true) return runOn(options.server, row, options);
  await using server = await startNamedServer(options.server.name);
  return await runOn(server, row, options);
}

async function runOn(server: NamedServer, row: FaultRow, options: RunOptions): Promise<RowResult> {
  await using world = await World.create(server, options.side, options.patience);
  await using route = await openRoute(options.route, world);
  await world.start(route.port, row);
  await using sampler = new BackendSampler(server.server.url, world.database);
  const recovery = await observe(row, world);
  const { ending, lastWords } = world.application;
  const isDead = row.isEnd === true || ending !== undefined;
  const crash =
    row.isEnd === true || ending === undefined
      ? undefined
      : `${ending.signal ?? `exit ${ending.code}`}: ${lastWords}`;
  return {
    ...{ row: row.id, server: options.server.name, route: options.route, side: options.side, crash },
    ...recovery,
    ...{ max: MAX, backendsLeft: await countLeft(route, world, isDead), notes: world.notes },
    ...{ maxBackends: sampler.max, samples: sampler.samples },
  };
}

type Recovery = Omit<
  RowResult,
  'row' | 'server' | 'route' | 'side' | 'crash' | 'max' | 'maxBackends' | 'samples' | 'backendsLeft' | 'notes'
>;

const NOTHING: Recovery = {
  ...{ stuckAcquires: 0, stuckUnits: 0, doubleLeases: 0, wrongAnswers: 0, maxLost: 0, errors: {} },
  ...{ firstSuccessMs: undefined, capacityMs: undefined, closeMs: undefined },
};

async function observe(row: FaultRow, world: World): Promise<Recovery> {
  const { application } = world;
  try {
    if ((await application.ask('capacity', CAPACITY_LIMIT_MS)) === null)
      throw new Error('the application was not well before the fault');
    await delay(WARM_MS);
    const injectedAt = now();
    await injectAndHeal(row, world);
    return row.isEnd === true ? NOTHING : await observeRecovery(world, injectedAt, now());
  } catch (error) {
    // Did it die of the fault? Its ending tells.
    await Promise.race([application.ended, delay(500)]);
    if (application.ending === undefined) throw error;
    return NOTHING;
  }
}

/** Whatever has come of it: a server that stays frozen would hold up everything after it. */
async function injectAndHeal(row: FaultRow, world: World): Promise<void> {
  try {
    await row.inject(world);
  } finally {
    await row.heal?.(world);
  }
}

async function observeRecovery(world: World, injectedAt: number, healedAt: number): Promise<Recovery> {
  const { application } = world;
  const capacityMs = (await application.ask('capacity', CAPACITY_LIMIT_MS)) ?? undefined;
  await delay(AFTER_MS);
  const report = readReport(await application.ask('report'), injectedAt, healedAt);
  return { ...NOTHING, ...report, capacityMs, closeMs: await closeOf(world) };
}

function readReport(report: ApplicationReport, injectedAt: number, healedAt: number): Partial<Recovery> {
  const { stuckAcquires, stuckUnits, doubleLeases, wrongAnswers, maxLost, outcomes } = report;
  const errors: Record<string, number> = {};
  for (const { endedAt, error } of outcomes)
    if (error !== undefined && endedAt >= injectedAt) errors[error] = (errors[error] ?? 0) + 1;
  const first = outcomes.find(({ endedAt, error }) => error === undefined && endedAt >= healedAt);
  const firstSuccessMs = first === undefined ? undefined : first.endedAt - healedAt;
  return { stuckAcquires, stuckUnits, doubleLeases, wrongAnswers, maxLost, errors, firstSuccessMs };
}

/** Milliseconds; `undefined` when it has no end. */
async function closeOf({ application }: World): Promise<number | undefined> {
  await application.ask('pause');
  await delay(100);
  const closed = application.ask('close').then(({ tookMs }) => tookMs);
  return Promise.race([closed, delay(CLOSE_LIMIT_MS, undefined, { ref: false })]);
}

/** An application that is dead has closed nothing: what it left is a matter of its row. */
async function countLeft(route: OpenRoute, world: World, isDead: boolean): Promise<number> {
  if (isDead) return 0;
  for (const giveUpAt = Date.now() + LEFT_LIMIT_MS; ; await delay(10)) {
    const left = await route.countLeft(world);
    if (left === 0 || Date.now() > giveUpAt) return left;
  }
}
