// Run by lease-tracker.test.ts with --expose-gc: what a hundred thousand open leases of ten thousand places cost.
import process from 'node:process';
import { LeaseTracker } from '../src/lease-tracker.ts';
import { resolvePoolOptions } from '../src/resolve-pool-options.ts';

const LEASES = 100_000;
const PLACES = 10_000;
const owner = { revoke: () => false };
const tracker = new LeaseTracker(
  resolvePoolOptions({
    leakThresholdMs: Infinity,
    monitorIntervalMs: 50,
    logger: { warn: () => undefined, error: () => undefined },
  }),
);

const used = (): number => {
  globalThis.gc?.();
  return process.memoryUsage().heapUsed;
};
const before = used();
for (let each = 0; each < LEASES; each += 1) {
  tracker.open(owner, tracker.origin({ label: `place ${each % PLACES}` }));
}
// Once every lease has been looked at, and all stacks that the budget allowed have been read.
const giveUpAt = Date.now() + 30_000;
while ([...tracker.records()].some((record) => record.hasUnreadStack) && Date.now() < giveUpAt) {
  await new Promise((resolve) => {
    setTimeout(resolve, 50);
  });
}
const open = used() - before;
closeAll();
// What the frame of a sweep under way still holds goes with it, whenever that is over.
const ENOUGH_BYTES = 8 * 1024 * 1024;
const lookUntil = Date.now() + 10_000;
let closed = used() - before;
while (closed > ENOUGH_BYTES && Date.now() < lookUntil) {
  await new Promise((resolve) => {
    setTimeout(resolve, 100);
  });
  closed = used() - before;
}
process.stdout.write(
  `${JSON.stringify({ bytesEach: Math.round(open / LEASES), bytesLeft: closed, used: tracker.used })}\n`,
);
tracker.stop();

function closeAll(): void {
  for (const record of [...tracker.records()]) tracker.close(record, { kind: 'released' });
}
