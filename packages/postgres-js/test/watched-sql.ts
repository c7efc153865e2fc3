import { randomBytes } from 'node:crypto';
import type { WatchOptions } from '@lifeguard/core';
import postgres from 'postgres';
import { onTestFinished } from 'vitest';
import { watchSql, watcherOf } from '../src/watch-sql.ts';
import type { WatchedSql } from '../src/watched-sql.ts';

export const QUIET = { logger: { warn: () => undefined, error: () => undefined } };
/** Whatever leaks is reported in a moment. */
export const QUICK = { ...QUIET, leakThresholdMs: 100, idleThresholdMs: 40, monitorIntervalMs: 20 };

/** That of postgres.js, ended with the test. */
export function stockSql(
  url: string,
  options: postgres.Options<{}> = {},
  make: typeof postgres = postgres,
): postgres.Sql {
  const application_name = `stock-${randomBytes(6).toString('hex')}`;
  const sql = make(url, { connection: { application_name }, onnotice: () => undefined, ...options });
  onTestFinished(() => sql.end({ timeout: 0 }));
  return sql;
}

/** The same, watched. */
export function watchedSql(
  url: string,
  options: postgres.Options<{}> = {},
  watch: WatchOptions = QUIET,
): { sql: postgres.Sql; watched: WatchedSql } {
  const sql = watchSql(stockSql(url, options), watch);
  return { sql, watched: watcherOf(sql) as WatchedSql };
}

/** What a promise rejects with. */
export async function rejectionOf(promise: Promise<unknown>): Promise<Error & { code?: string }> {
  const [result] = await Promise.allSettled([promise]);
  if (result.status === 'fulfilled') throw new Error('it was fulfilled');
  return result.reason as Error;
}

/** Looks again and again until it is so. */
export async function until(what: string, isSo: () => boolean | Promise<boolean>): Promise<void> {
  for (const giveUpAt = Date.now() + 10_000; !(await isSo()); ) {
    if (Date.now() > giveUpAt) throw new Error(`never: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
