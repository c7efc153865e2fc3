import type { LeaseRecord } from './lease-record.ts';

/** Tells when the handle of a lease has become garbage. */
export interface HandleWatch {
  /** Watches a handle without keeping it alive. Best effort: garbage collection comes when it likes, or never. */
  watch(handle: object, record: LeaseRecord): void;
}

/** A watch by `FinalizationRegistry`. It marks the record; the next look at the leases sees the mark. */
export function watchByCollector(): HandleWatch {
  const registry = new FinalizationRegistry<LeaseRecord>((record) => {
    record.find().collected = true;
  });
  return { watch: (handle, record) => registry.register(handle, record) };
}
