import type { BoundedRunner } from '../bounded.ts';
import type { Clock } from '../clock.ts';
import type { Lease } from '../lease.ts';
import { outsideAsyncContext } from '../outside-async-context.ts';
import type { AcquireOptions } from '../pool.ts';
import type { PoolCounts } from '../snapshot.ts';
import { notReadyOf, readyOf } from './readiness.ts';
import type { PoolReadiness } from './readiness.ts';

/** What a check does to a pool. */
export interface CheckParts<C> {
  readonly clock: Clock;
  readonly bounded: BoundedRunner;
  counts(): PoolCounts;
  acquire(options: AcquireOptions): Promise<Lease<C>>;
  readonly ping: (connection: C) => Promise<void>;
}

/**
 * Takes a connection as urgently as can be (a `reserved` one, where there are such), and asks the server on it. Outside of
 * the session or request of whoever asks: it belongs to neither.
 */
export async function checkPool<C>(parts: CheckParts<C>, timeoutMs: number): Promise<PoolReadiness> {
  const deadlineAt = parts.clock.now() + timeoutMs;
  try {
    const lease = await outsideAsyncContext(() =>
      parts.acquire({ timeoutMs, priority: 'high', label: 'health check', nestedAcquire: 'off' }),
    );
    await ask(parts, lease, Math.max(1, deadlineAt - parts.clock.now()));
    return readyOf(parts.counts());
  } catch (error) {
    return notReadyOf(parts.counts(), error);
  }
}

function ask<C>({ bounded, ping }: CheckParts<C>, lease: Lease<C>, limitMs: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const end = (error: unknown): void => {
      // What has not answered is no use to anybody else.
      lease.destroy();
      reject(error);
    };
    const done = (): void => {
      lease.release();
      resolve();
    };
    const pinging = bounded.run('the health check', limitMs, () => ping(lease.connection), {
      onDone: done,
      onFailed: end,
    });
    pinging.catch(() => undefined);
  });
}
