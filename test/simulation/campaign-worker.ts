// Plays ranges of seeds for a campaign.

import { parentPort } from 'node:worker_threads';
import * as core from '@lifeguard/core';
import { runSeed } from './run-seed.ts';

/** Seeds to play. */
export interface Range {
  readonly from: number;
  readonly count: number;
}

/** What became of them. */
export interface RangeReport extends Range {
  readonly events: number;
  readonly kinds: ReadonlyMap<string, number>;
  readonly failures: readonly { readonly seed: number; readonly failure: string }[];
}

// Errors are made by the thousand; nobody reads where.
Error.stackTraceLimit = 0;
parentPort?.on('message', (range: Range) => {
  void play(range).then((report) => parentPort?.postMessage(report));
});

async function play(range: Range): Promise<RangeReport> {
  const kinds = new Map<string, number>();
  const failures: { seed: number; failure: string }[] = [];
  let events = 0;
  for (let seed = range.from; seed < range.from + range.count; seed += 1) {
    const result = await runSeed(core, seed);
    events += result.events;
    for (const [kind, count] of result.kinds) kinds.set(kind, (kinds.get(kind) ?? 0) + count);
    if (result.failure !== undefined) failures.push({ seed, failure: result.failure });
  }
  return { ...range, events, kinds, failures };
}
