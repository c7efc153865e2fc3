import type { EventEmitter } from 'node:events';
import process from 'node:process';

/** One by one, unlike `emit`: a listener that throws or rejects is reported, and stops neither us nor the others. */
export function tellListeners(emitter: EventEmitter, event: string, payload: readonly unknown[]): void {
  if (emitter.listenerCount(event) === 0) return;
  for (const listener of emitter.rawListeners(event)) {
    try {
      const result: unknown = Reflect.apply(listener, emitter, payload);
      if (result instanceof Promise) result.catch((error: unknown) => warn(event, error));
    } catch (error) {
      warn(event, error);
    }
  }
}

function warn(event: string, error: unknown): void {
  const message = `a listener of "${event}" failed: ${String(error)}`;
  process.emitWarning(message, { type: 'LifeguardWarning', code: 'LG_LISTENER_FAILED' });
}
