import { DummyDriver, Kysely, PostgresAdapter, PostgresIntrospector, PostgresQueryCompiler } from 'kysely';
import type { Dialect } from 'kysely';
import { systemClock } from '@lifeguard/core';
import { StackRecorder } from '@lifeguard/core/adapter';
import type { HoldingMark } from '@lifeguard/core/adapter';

/** Matches nothing: what is not known to be a transaction proves nothing. */
const UNKNOWN: HoldingMark = Object.freeze({ block: /(?!)/ });

let learned: Promise<HoldingMark> | undefined;

/**
 * How the callback of `db.transaction().execute()` shows in the async stack of what it awaits: by the one place in Kysely
 * that awaits callbacks of transactions, and nothing else. (`DefaultConnectionProvider.provideConnection`, which stands
 * around it, stands around every query, every `connection()` and the transactions of every other instance as well.) That
 * place has another line in each release and each bundle; so one transaction is run, over nothing, and looked at.
 */
export function transactionMark(): Promise<HoldingMark> {
  learned ??= learn().catch(() => UNKNOWN);
  return learned;
}

async function learn(): Promise<HoldingMark> {
  const recorder = new StackRecorder(systemClock, { mode: 'always', depth: 16 });
  const stack = await new Kysely({ dialect: NOTHING }).transaction().execute(async () => {
    // Before the first `await`, the stack would show who has called, and not who awaits.
    await Promise.resolve();
    return recorder.record()?.stack;
  });
  // An application may have set Error.prepareStackTrace, which returns anything.
  const awaiting = String(stack)
    .split('\n')
    .find((frame) => /^\s*at async /.test(frame));
  return awaiting === undefined ? UNKNOWN : Object.freeze({ block: new RegExp(`^${escape(awaiting)}$`) });
}

const NOTHING: Dialect = {
  createDriver: () => new DummyDriver(),
  createAdapter: () => new PostgresAdapter(),
  createQueryCompiler: () => new PostgresQueryCompiler(),
  createIntrospector: (db) => new PostgresIntrospector(db),
};

function escape(text: string): string {
  return text.replace(/[$()*+.?[\\\]^{|}]/g, '\\$&');
}
