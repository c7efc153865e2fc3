import type { Holding, HoldingMark } from './holding.ts';
import type { LeaseRecord } from './lease-record.ts';
import { stackText, takeStack } from './stack-recorder.ts';

/** Deep enough for a handler under a framework under a dozen helpers. What lies deeper is not proven, and so not judged. */
const DEPTH = 200;

/** Whoever awaits the first of several does not depend on this one. (Those of a race V8 does not show.) */
const ANY = /^\s*at async Promise\.any\b/;

/**
 * Who awaits the code that runs now, and who awaits those, as V8 tells it in an async stack: a promise that nobody awaits
 * (fire and forget) ends the chain. To be called right after an `await`; before the first one it would show who has called.
 */
export function readAwaitChain(): readonly string[] {
  const frames = stackText(takeStack(DEPTH)).split('\n');
  const end = frames.findIndex((frame) => ANY.test(frame));
  return end < 0 ? frames : frames.slice(0, end);
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
  const isMark = (frame: string): boolean =>
    typeof block === 'string' ? frame.includes(block) : block.test(frame);
  const blocks = chain.filter(isMark).length;
  return acquire === undefined ? blocks : blocks - chain.filter((frame) => acquire.test(frame)).length;
}
