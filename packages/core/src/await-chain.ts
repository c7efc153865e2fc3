import type { Holding, HoldingMark } from './holding.ts';
import type { LeaseRecord } from './lease-record.ts';
import { takeStack } from './stack-recorder.ts';

/** Deep enough for a handler under a framework under a dozen helpers. What lies deeper is not proven, and so not judged. */
const DEPTH = 200;

/**
 * Who awaits the code that runs now, and who awaits those, as V8 tells it in an async stack: a promise that nobody awaits
 * (fire and forget) ends the chain. To be called right after an `await`; before the first one it would show who has called.
 */
export function readAwaitChain(): readonly string[] {
  return String(takeStack(DEPTH).stack).split('\n');
}

/**
 * The leases that cannot come back before this chain goes on: those of the blocks around, from the innermost outwards, as
 * far as the chain proves that they await it. A call that only inherited the context of a block proves nothing.
 */
export function leasesHeldUp(holding: Holding | undefined, chain: readonly string[]): LeaseRecord[] {
  const needed = new Map<HoldingMark, number>();
  const heldUp: LeaseRecord[] = [];
  for (let block = holding; block !== undefined; block = block.outer) {
    const count = (needed.get(block.mark) ?? 0) + 1;
    if (countMarks(chain, block.mark) < count) break;
    needed.set(block.mark, count);
    heldUp.push(block.record);
  }
  return heldUp;
}

function countMarks(chain: readonly string[], { block, acquire }: HoldingMark): number {
  const blocks = chain.filter((frame) => block.test(frame)).length;
  return acquire === undefined ? blocks : blocks - chain.filter((frame) => acquire.test(frame)).length;
}
