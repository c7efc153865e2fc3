import type { DriverClient } from './driver-types.ts';

/** Whether queries wait behind the one that the server answers now. A client that does not tell has none. */
export function hasQueuedQueries({ _queryQueue: queued, _sentQueryQueue: sent }: DriverClient): boolean {
  return (queued !== undefined && queued.length > 0) || (sent !== undefined && sent.length > 0);
}
