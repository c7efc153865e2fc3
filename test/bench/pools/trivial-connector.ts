import type { CloseOutcome, Connector } from '@lifeguard/core';

/** Connections that are only objects, and do everything at once. */
export function trivialConnector(): Connector<object> {
  let opened = 0;
  return {
    connect: () => Promise.resolve({ id: (opened += 1) }),
    ping: () => Promise.resolve(),
    inspect: () => 'clean',
    reset: () => Promise.resolve(),
    revoke: () => undefined,
    close: (): Promise<CloseOutcome> => Promise.resolve('gone'),
  };
}
