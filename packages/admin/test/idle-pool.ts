import { Pool } from '@lifeguard/core';
import { FakeConnector } from '@lifeguard/core/testing';
import type { FakeConnection } from '@lifeguard/core/testing';

/** A pool that nobody uses. */
export function makeIdlePool(name: string): Pool<FakeConnection> {
  return new Pool(new FakeConnector(), { name });
}
