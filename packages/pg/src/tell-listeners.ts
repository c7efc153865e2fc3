import type { EventEmitter } from 'node:events';
import { describeFailure, errorForLog, logSafely } from '@lifeguard/core/adapter';
import type { Logger } from '@lifeguard/core';

/** One by one, unlike `emit`: a listener that throws or rejects is reported, and stops neither us nor the others. */
export function tellListeners(
  emitter: EventEmitter,
  event: string,
  payload: readonly unknown[],
  logger: Logger,
): void {
  if (emitter.listenerCount(event) === 0) return;
  for (const listener of emitter.rawListeners(event)) {
    try {
      const result: unknown = Reflect.apply(listener, emitter, payload);
      if (result instanceof Promise) result.catch((error: unknown) => report(event, error, logger));
    } catch (error) {
      report(event, error, logger);
    }
  }
}

function report(event: string, error: unknown, logger: Logger): void {
  const fields = { code: 'LG_LISTENER_FAILED', event, err: errorForLog(error) };
  logSafely(logger, 'error', fields, `a listener of "${event}" failed: ${describeFailure(error)}`);
}
