import { constants } from 'node:os';
import process from 'node:process';
import { setTimeout as delay } from 'node:timers/promises';

export interface Service {
  /** From now on `/readyz` answers 503, so that the load balancer sends requests elsewhere. */
  drain(): void;
  /** Takes nothing more, lets what runs finish, and closes the pool. */
  close(): Promise<void>;
}

export interface ShutdownOptions {
  /** Milliseconds from `drain()` to `close()`, for the load balancer to notice; none at Ctrl-C, where there is none. */
  readonly noticeMs: number;
  /** Milliseconds from `close()` until the process exits whatever is left. */
  readonly limitMs: number;
  readonly log: (message: string) => void;
}

/** At a terminal Ctrl-C reaches this process, and npm, which passes it on: within this time it is one. */
const ECHO_MS = 500;

/**
 * Ends the process in good order at SIGTERM or SIGINT. It exits with 0; with 1 when closing fails or takes too long; and at
 * once, as if nobody had listened, at a second signal.
 */
export function closeOnSignals(service: Service, options: ShutdownOptions): void {
  let closingSince: number | undefined;
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.on(signal, () => {
      if (closingSince === undefined) {
        closingSince = performance.now();
        void shutDown(service, signal, options);
      } else if (signal === 'SIGTERM' || performance.now() - closingSince > ECHO_MS) {
        process.exit(128 + constants.signals[signal]);
      }
    });
  }
}

async function shutDown(service: Service, signal: string, options: ShutdownOptions): Promise<never> {
  const { noticeMs, limitMs, log } = options;
  log(`${signal}: shutting down`);
  service.drain();
  if (signal === 'SIGTERM') await delay(noticeMs);
  const tooLong = setTimeout(() => {
    log(`not closed within ${limitMs} ms, exiting all the same`);
    process.exit(1);
  }, limitMs);
  try {
    await service.close();
    log('closed');
    process.exit(0); // Whatever still waits for something has no database any more.
  } catch (error) {
    log(`could not be closed: ${String(error)}`);
    process.exit(1);
  } finally {
    clearTimeout(tooLong);
  }
}
