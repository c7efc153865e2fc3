import type { PoolClient } from 'pg';
import { inCallersContext } from './in-callers-context.ts';
import { PG_POOL_TEXT } from './pg-pool-errors.ts';
import { queryOnce, withCallersStack } from './query-once.ts';

type QueryCallback = (error?: Error, result?: unknown) => void;

/**
 * `pool.query(text, values, callback)`, with a client of its own from `checkout`; text or values may be left out as in pg. A
 * promise is given to `chosen`, which makes of it what the caller has asked for.
 */
export function queryByPool(
  args: readonly unknown[],
  checkout: () => Promise<PoolClient>,
  chosen: (result: Promise<unknown>) => Promise<unknown>,
): Promise<unknown> | undefined {
  const callback = args.find((argument) => typeof argument === 'function') as QueryCallback | undefined;
  if (typeof args[0] === 'function') {
    setImmediate(args[0] as QueryCallback, new Error(PG_POOL_TEXT.functionAsQuery));
    return undefined;
  }
  const [text, values] = args;
  const result = checkout().then((client) =>
    queryOnce(client, text, values === callback ? undefined : values),
  );
  if (callback === undefined) return chosen(result.catch(withCallersStack));
  const bound = inCallersContext(callback);
  result.then(
    (answer) => process.nextTick(bound, undefined, answer),
    (error: Error) => process.nextTick(bound, error),
  );
  return undefined;
}
