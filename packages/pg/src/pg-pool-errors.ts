import { AcquireTimeoutError, ConnectError, PoolClosedError } from '@lifeguard/core';
import { stackText } from '@lifeguard/core/adapter';

/** The texts of pg-pool 3, which applications and their tests compare with. */
export const PG_POOL_TEXT = {
  acquireTimeout: 'timeout exceeded when trying to connect',
  connectTimeout: 'Connection terminated due to connection timeout',
  ended: 'Cannot use a pool after calling end on the pool',
  endedTwice: 'Called end on pool more than once',
  releasedTwice: 'Release called on client which has already been released to the pool.',
  functionAsQuery: 'Passing a function as the first parameter to pool.query is not supported',
} as const;

/** Where the whole report of an error stands whose `message` is pg-pool's. */
export const REPORT: unique symbol = Symbol.for('@lifeguard/report');

/**
 * The errors of `connect()` and `query()` as callers of pg-pool know them: a failed connect is the driver's own error, a
 * timeout has pg-pool's message. Nothing is lost: `code` and fields are ours, the report is what `stack` prints, and under
 * {@link REPORT}.
 */
function toPgPoolError(error: unknown): unknown {
  if (error instanceof AcquireTimeoutError) return withMessage(error, PG_POOL_TEXT.acquireTimeout);
  if (error instanceof PoolClosedError) return withMessage(error, PG_POOL_TEXT.ended);
  if (!(error instanceof ConnectError)) return error;
  if (error.code === 'LG_CONNECT_TIMEOUT') return withMessage(error, PG_POOL_TEXT.connectTimeout);
  if (!(error.cause instanceof Error)) return error;
  // One failed connect may turn many away: the first has the driver's error itself, as in pg-pool, the others a copy.
  const own = Object.hasOwn(error.cause, REPORT) ? copyOf(error.cause) : error.cause;
  Object.defineProperty(own, REPORT, { value: error.message, configurable: true });
  retrace(own);
  return own;
}

/** Rejects with {@link toPgPoolError}, some turns later, when the caller awaits it: the stack of the error is then theirs. */
export async function rejectAsPgPool(error: unknown): Promise<never> {
  await Promise.resolve();
  await Promise.resolve();
  throw toPgPoolError(error);
}

function copyOf(cause: Error): Error {
  const copy = new Error(cause.message);
  Object.setPrototypeOf(copy, Object.getPrototypeOf(cause) as object);
  for (const [key, descriptor] of Object.entries(Object.getOwnPropertyDescriptors(cause))) {
    if (key !== 'stack') Object.defineProperty(copy, key, descriptor);
  }
  return copy;
}

/** Writes the stack anew: the report of the error, if it has one, above the frames of whoever handles it now. */
export function retrace(error: Error): void {
  const here: { stack?: string } = {};
  Error.captureStackTrace(here, retrace);
  const text = stackText(here);
  const frames = text.includes('\n') ? text.slice(text.indexOf('\n')) : '';
  const report: unknown = Reflect.get(error, REPORT);
  error.stack = `${error.name}: ${typeof report === 'string' ? report : error.message}${frames}`;
}

function withMessage(error: Error, message: string): Error {
  // One error may have turned several callers away.
  if (Object.hasOwn(error, REPORT)) return error;
  Object.defineProperty(error, REPORT, { value: error.message, configurable: true });
  // V8 writes `stack`, beginning with the message, when it is first read: now, while the message is the report.
  stackText(error);
  error.message = message;
  return error;
}
