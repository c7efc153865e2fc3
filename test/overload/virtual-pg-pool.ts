import { EventEmitter } from 'node:events';
import pg from 'pg';
import type { MakeContender } from './virtual-contenders.ts';
import type { VirtualClock } from './virtual-clock.ts';

/** pg-pool on a client that does nothing but take time. It takes the time from the globals, which are lent to it. */
export function virtualPgPool(
  name: string,
  connectionTimeoutMillis: number,
  max: number,
  connectMs: number,
): MakeContender {
  return (clock) => {
    const giveBack = lendTimers(clock);
    const pool = new pg.Pool({
      max,
      connectionTimeoutMillis,
      idleTimeoutMillis: 0,
      Client: clientOn(clock, connectMs) as unknown as typeof pg.Client,
    });
    return {
      name,
      async run(_, job) {
        const client = await pool.connect();
        try {
          await job({});
        } finally {
          client.release();
        }
      },
      async close() {
        giveBack();
        await pool.end();
      },
    };
  };
}

function clientOn(clock: VirtualClock, connectMs: number): new () => EventEmitter {
  return class extends EventEmitter {
    // Else pg-pool takes it for broken, and opens another one each time.
    readonly _queryable = true;

    connect(callback: (error?: Error) => void): void {
      clock.setTimer(connectMs, callback);
    }

    end(callback?: () => void): Promise<void> {
      callback?.();
      return Promise.resolve();
    }
  };
}

/** Has `setTimeout` and `clearTimeout` go by this clock. Returns how to give them back. */
function lendTimers(clock: VirtualClock): () => void {
  const real = { setTimeout, clearTimeout };
  const lent = {
    setTimeout: (callback: () => void, delayMs: number) =>
      Object.assign(clock.setTimer(delayMs, callback), { unref: () => undefined, ref: () => undefined }),
    clearTimeout: (timer: { cancel(): void } | undefined) => timer?.cancel(),
  };
  Object.assign(globalThis, lent);
  return () => Object.assign(globalThis, real);
}
