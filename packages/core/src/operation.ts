import { contextStorage } from './context-storage.ts';
import { started } from './run-session.ts';

/** One operation of a data layer that acquires by itself, out of sight of the code that asked for it. */
export interface Operation {
  /** The label of what is acquired for it, such as `User.findMany`. */
  readonly label: string;
  /** The stack of the code that asked, where the data layer has taken it. */
  readonly stack: Error | undefined;
}

/**
 * Runs `fn` as an operation: what it acquires without a label of its own has this one, and is told as acquired where the
 * operation was asked for. The session around stays. For adapters of data layers.
 */
export function runOperation<T>(operation: Operation, fn: () => Promise<T> | T): Promise<T> {
  const around = contextStorage().getStore();
  const context = { session: around?.session, holding: around?.holding, operation };
  return contextStorage().run(context, () => started(fn));
}
