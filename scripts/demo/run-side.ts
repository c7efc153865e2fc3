import { createDatabase } from '@lifeguard/testing';
import { plantPassword, linesWithCanary } from '../canary.ts';
import { diagnose, type Diagnosis } from './diagnosis.ts';
import { type Backends, BackendWatch } from './backends.ts';
import type { LoadShape, PlannedRequest, RequestKind } from './load-plan.ts';
import { isServed, percentile } from './figures.ts';
import { digestLog, type LogDigest } from './log-digest.ts';
import { type Outcome, sendLoad } from './send-load.ts';
import { ServiceProcess, type Status } from './service-process.ts';

export type SideName = 'pg.Pool' | 'Lifeguard';

export interface Served {
  readonly sent: number;
  readonly served: number;
}

/** One second of a run, as it is shown while it runs. */
export interface Second {
  readonly second: number;
  readonly served: number;
  readonly failed: number;
  readonly held: number;
  readonly max: number;
}

/** What one run has shown; everything in it was measured. */
export interface SideResult {
  readonly name: SideName;
  readonly requests: Served;
  readonly planted: number;
  /** Requests that needed two connections each. */
  readonly nested: Served & { readonly p50Ms: number };
  readonly p50Ms: number;
  readonly p99Ms: number;
  /** Requests that ended in the last part of the run. */
  readonly lastPart: Served & { readonly durationMs: number };
  readonly log: LogDigest;
  /** After the load, when every ordinary request had ended. */
  readonly status: Status;
  readonly health: string;
  /** Asked from outside at that moment; a pool that takes leaks back has none left to name. */
  readonly diagnosis: Diagnosis | undefined;
  readonly backends: Backends;
  /** Backends that were seen to run a statement of `exportSales` at some moment. */
  readonly exportsSeen: number;
  readonly shutdown: {
    /** `undefined`: it did not end, and was killed. */
    readonly tookMs: number | undefined;
    readonly limitMs: number;
    readonly backendsLeft: number;
  };
  readonly seconds: readonly Second[];
}

export interface SideOptions {
  readonly serverUrl: string;
  readonly shape: LoadShape;
  readonly plan: readonly PlannedRequest[];
  readonly signal: AbortSignal;
  /** Told once a second. */
  readonly onSecond: (second: Second) => void;
}

const SHUTDOWN_LIMIT_MS = 2_000;
const QUIET_LIMIT_MS = 1_000;

/** Runs the service on one of the two pools, in a database of its own, under the planned load. Leaves nothing behind. */
export async function runSide(name: SideName, options: SideOptions): Promise<SideResult> {
  const { serverUrl, shape, plan, signal } = options;
  await using database = await createDatabase(serverUrl);
  await using service = await ServiceProcess.start(plantPassword(database.url), name, signal);
  await using watch = await BackendWatch.open(database.url);
  await watch.fillShop();
  const { outcomes, seconds } = await applyLoad(service, watch, options);
  const [status, health, backends] = [await service.status(), await service.health(), await watch.read()];
  const diagnosis = name === 'pg.Pool' ? await diagnose(service.pid) : undefined;
  const tookMs = await service.stop(SHUTDOWN_LIMIT_MS);
  const left = await watch.readWhenQuiet(QUIET_LIMIT_MS);
  refuseSecrets(service);
  const of = (kind: RequestKind): Outcome[] => outcomes.filter(({ request }) => request.kind === kind);
  const [ordinary, nested] = [of('ordinary'), of('nested')];
  const latencies = ordinary.map(({ latencyMs }) => latencyMs);
  const { durationMs, lastPartMs } = shape;
  const last = ordinary.filter(({ endedAtMs }) => endedAtMs >= durationMs - lastPartMs);
  return {
    name,
    requests: count(ordinary),
    planted: plan.filter(({ kind }) => kind === 'leak').length,
    nested: {
      ...count(nested),
      p50Ms: percentile(
        nested.map(({ latencyMs }) => latencyMs),
        0.5,
      ),
    },
    p50Ms: percentile(latencies, 0.5),
    p99Ms: percentile(latencies, 0.99),
    lastPart: { ...count(last), durationMs: lastPartMs },
    log: digestLog(service.log),
    status,
    health,
    diagnosis,
    backends,
    exportsSeen: watch.exportsSeen,
    shutdown: { tookMs, limitMs: SHUTDOWN_LIMIT_MS, backendsLeft: left.total },
    seconds,
  };
}

function count(outcomes: readonly Outcome[]): Served {
  return { sent: outcomes.length, served: outcomes.filter(isServed).length };
}

async function applyLoad(
  service: ServiceProcess,
  watch: BackendWatch,
  { plan, signal, onSecond }: SideOptions,
): Promise<{ outcomes: readonly Outcome[]; seconds: readonly Second[] }> {
  const outcomes: Outcome[] = [];
  const seconds: Second[] = [];
  let told = 0;
  const tell = async (): Promise<void> => {
    const { used, max } = await service.status();
    const { sent, served } = count(outcomes.slice(told).filter(({ request }) => request.kind === 'ordinary'));
    told = outcomes.length;
    const entry = { second: seconds.length + 1, served, failed: sent - served, held: used, max };
    seconds.push(entry);
    onSecond(entry);
  };
  // A status that does not come is a line that is not shown; the run's own result will tell.
  const timer = setInterval(() => void tell().catch(() => undefined), 1_000);
  const looking = setInterval(() => void watch.lookForExports().catch(() => undefined), 100);
  try {
    await sendLoad(service.url, plan, signal, (outcome) => outcomes.push(outcome));
  } finally {
    clearInterval(timer);
    clearInterval(looking);
  }
  await tell();
  return { outcomes, seconds };
}

/** Not a claim, but a condition: a demo that shows a password shows nothing else. */
function refuseSecrets({ log }: ServiceProcess): void {
  const found = log.filter((line) => linesWithCanary(JSON.stringify(line)).length > 0);
  if (found.length > 0)
    throw new Error(`the service logged the password of its database ${found.length} times`);
}
