import type { TransactionCallback, TransactionLayer, TransactionOptions } from './transaction-layer.ts';

/** One call of a managed transaction. Which ORM's its handles are is known to the layer only. */
export interface ManagedCall<T> {
  readonly layer: TransactionLayer;
  readonly handle: object;
  /** Whether the handle is one of a transaction already. */
  readonly isInside: boolean;
  readonly options: TransactionOptions;
  readonly fn: TransactionCallback<object, T>;
}
