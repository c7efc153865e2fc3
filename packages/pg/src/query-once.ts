import pg from 'pg';
import type { PoolClient } from 'pg';
import { isLifeguardError } from '@lifeguard/core';
import type { DriverClient } from './driver-types.ts';
import { REPORT, retrace } from './pg-pool-errors.ts';

/** The client that the pool hands out, as we describe it: pg's own types leave out what we use. */
export function driverOf(client: PoolClient): DriverClient {
  return client as unknown as DriverClient;
}

/** Runs one statement and gives the client back. A statement that fails does not condemn its connection. */
export function queryOnce(client: PoolClient, text: unknown, values: unknown): Promise<unknown> {
  const driver = driverOf(client);
  return new Promise((resolve, reject) => {
    const finish = (error: Error | null | undefined, result?: unknown): void => {
      client.release();
      if (error == null) resolve(result);
      else reject(error);
    };
    try {
      driver.query(text, values, finish);
    } catch (error) {
      finish(error instanceof Error ? error : new Error(String(error)));
    }
  });
}

/** Whether it is the driver's error of a failed connect; our own errors bring the stack of their caller. */
function isConnectError(error: Error): boolean {
  return Object.hasOwn(error, REPORT) && !isLifeguardError(error);
}

/** What the server answers has the stack of a socket. Where the promise of the caller is handled, V8 knows who awaits it. */
export function withCallersStack(error: unknown): never {
  if (error instanceof pg.DatabaseError || (error instanceof Error && isConnectError(error))) retrace(error);
  throw error;
}
