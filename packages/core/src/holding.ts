import { contextStorage } from './context-storage.ts';
import type { AsyncContext } from './context-storage.ts';
import type { LeaseRecord } from './lease-record.ts';

/**
 * How a block that holds a lease shows in the async stack of what it awaits: by a function around it. A string is the name
 * of a function that stands around this block alone; a pattern, of one that stands around all blocks of its kind. Where it
 * also stands around the acquire of the lease itself, `acquire` names what to subtract.
 */
export interface HoldingMark {
  readonly block: string | RegExp;
  readonly acquire?: RegExp;
}

/** A lease that a block of code holds while it runs, and the blocks around that one. */
export interface Holding {
  readonly record: LeaseRecord;
  readonly outer: Holding | undefined;
  readonly mark: HoldingMark;
  /** The block has ended. One whose end is not seen ends with its lease. */
  isOver: boolean;
}

/** Under a global symbol: two copies of this package must not give two blocks the same name. */
const KEY = Symbol.for('@lifeguard/blocks');
const shared = globalThis as { [KEY]?: { last: number } };
const blocks = (shared[KEY] ??= { last: 0 });

/**
 * Runs `fn` as a block that holds this lease: what it acquires meanwhile is known to be nested. The caller gives the lease
 * back when the promise settles.
 */
export async function whileHolding<T>(record: LeaseRecord, fn: () => Promise<T> | T): Promise<T> {
  blocks.last += 1;
  const name = `lifeguardHolding_${blocks.last}_`;
  const context = contextHolding(record, { block: name });
  try {
    return await contextStorage().run(context, markedBlock(name, fn));
  } finally {
    context.holding.isOver = true;
  }
}

/**
 * The same for a block that somebody else runs, such as the callback of a transaction of Kysely's, which ends with its lease.
 * To be called where the code goes on into that block, in a turn of its own: what has started before is not in it.
 */
export function enterHolding(record: LeaseRecord, mark: HoldingMark): void {
  contextStorage().enterWith?.(contextHolding(record, mark));
}

/** `holding` itself, or the innermost around it, whose block still runs. Its lease may be over all the same. */
export function runningHolding(holding: Holding | undefined): Holding | undefined {
  let running = holding;
  while (running !== undefined && hasEnded(running)) running = running.outer;
  return running;
}

function hasEnded({ isOver, mark, record }: Holding): boolean {
  return isOver || (typeof mark.block !== 'string' && record.state.kind !== 'open');
}

function contextHolding(
  record: LeaseRecord,
  mark: HoldingMark,
): AsyncContext & { readonly holding: Holding } {
  const around = contextStorage().getStore();
  // Blocks that are over are dropped here, so that a chain is as long as blocks are deep. Those that still run are kept
  // also when their lease is over: their mark is in the stack.
  const outer = runningHolding(around?.holding);
  return { session: around?.session, holding: { record, outer, mark, isOver: false } };
}

/**
 * A function whose name is the proof that this very block awaits what runs; see `await-chain.ts`. With one name for all, a
 * wait that another block awaits would pass for a wait of this one.
 */
function markedBlock<T>(name: string, fn: () => Promise<T> | T): () => Promise<T> {
  const named = {
    [name]: async (): Promise<T> => {
      const result = await fn();
      return result;
    },
  };
  return named[name] as () => Promise<T>;
}
