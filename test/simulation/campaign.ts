import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import type { Range, RangeReport } from './campaign-worker.ts';

/** Seeds that a worker plays before it reports. */
const RANGE = 200;
/** A range that takes longer hangs: some seed in it goes on for ever. */
const HANG_MS = 120_000;
/** Young objects live for a seed; a larger nursery spares copying them. */
const NURSERY_MB = 64;

/** What a campaign has found so far. */
export interface CampaignReport {
  readonly seeds: number;
  readonly events: number;
  readonly ms: number;
  readonly kinds: ReadonlyMap<string, number>;
  readonly failures: readonly { readonly seed: number; readonly failure: string }[];
}

/** How a campaign is run. */
export interface CampaignOptions extends Range {
  /** @default one for each processor */
  readonly workers?: number;
  readonly onProgress?: (report: CampaignReport) => void;
}

/** Plays many seeds side by side. A seed that fails, or hangs, does not stop the others. */
export async function runCampaign(options: CampaignOptions): Promise<CampaignReport> {
  const startedAt = Date.now();
  const kinds = new Map<string, number>();
  const failures: { seed: number; failure: string }[] = [];
  const sum = { seeds: 0, events: 0 };
  const report = (): CampaignReport => ({ ...sum, ms: Date.now() - startedAt, kinds, failures });
  const ranges = split(options);
  const serve = async (): Promise<void> => {
    let worker = startWorker();
    for (let range = ranges.shift(); range !== undefined; range = ranges.shift()) {
      const done = await playRange(worker, range);
      if (done === undefined) {
        void worker.terminate();
        worker = startWorker();
        failures.push({
          seed: range.from,
          failure: `a seed from here to ${range.from + range.count - 1} hangs`,
        });
        continue;
      }
      sum.seeds += done.count;
      sum.events += done.events;
      for (const [kind, count] of done.kinds) kinds.set(kind, (kinds.get(kind) ?? 0) + count);
      failures.push(...done.failures);
      options.onProgress?.(report());
    }
    await worker.terminate();
  };
  const workers = options.workers ?? availableParallelism();
  await Promise.all(Array.from({ length: workers }, serve));
  return report();
}

function split({ from, count }: Range): Range[] {
  const ranges: Range[] = [];
  for (let start = from; start < from + count; start += RANGE)
    ranges.push({ from: start, count: Math.min(RANGE, from + count - start) });
  return ranges;
}

function startWorker(): Worker {
  return new Worker(new URL('campaign-worker.ts', import.meta.url), {
    resourceLimits: { maxYoungGenerationSizeMb: NURSERY_MB },
  });
}

/** `undefined` when it does not end. */
function playRange(worker: Worker, range: Range): Promise<RangeReport | undefined> {
  return new Promise((resolve, reject) => {
    const onMessage = (report: RangeReport): void => end(() => resolve(report));
    const onError = (error: Error): void => end(() => reject(error));
    const limit = setTimeout(() => end(() => resolve(undefined)), HANG_MS);
    const end = (then: () => void): void => {
      clearTimeout(limit);
      worker.off('message', onMessage).off('error', onError);
      then();
    };
    worker.on('message', onMessage).on('error', onError);
    worker.postMessage(range);
  });
}
