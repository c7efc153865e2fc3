import { contextStorage } from '../context-storage.ts';
import type { Session } from '../session.ts';

/**
 * Runs `fn` in this scope; as it is, when the code that calls is in the scope already, so that a session which was begun
 * inside it stays the innermost.
 */
export function within<T>(scope: Session, fn: () => T): T {
  return isWithin(scope) ? fn() : scope.run(fn);
}

function isWithin(scope: Session): boolean {
  let session = contextStorage().getStore()?.session;
  while (session !== undefined && session !== scope) session = session.parent;
  return session !== undefined;
}

/** The part of an `EventEmitter` that is replaced. */
interface Emitter {
  emit?: (...event: unknown[]) => boolean;
}

/**
 * Has everything that listens to the request run in its scope. The body comes in from the socket, in the context of the
 * connection: a parser that goes on in its `end` event would lead the handler out of the scope.
 */
export function bindEvents(request: object, scope: Session): void {
  const emitter: Emitter = request;
  const emit = emitter.emit;
  if (typeof emit !== 'function') return;
  emitter.emit = (...event) => within(scope, () => emit.apply(request, event));
}
