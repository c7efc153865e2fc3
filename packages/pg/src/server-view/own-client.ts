import { InvalidOptionError, LifeguardError, systemClock } from '@lifeguard/core';
import { describeFailure, formatDuration, redactUrl } from '@lifeguard/core/adapter';
import pg from 'pg';
import { tameName } from '../application-name.ts';
import { explainConnectFailure } from '../connect-failure.ts';
import { containParser } from '../contain-parser.ts';
import type { DriverClient } from '../driver-types.ts';

/** How a connection of one's own is opened. */
export interface OwnClientOptions {
  /** What it is called where it is refused: the option that it came with. */
  readonly option: string;
  readonly connectionString: string;
  /** Milliseconds until it is open. */
  readonly connectTimeoutMs: number;
  /** Milliseconds for the work on it. */
  readonly timeoutMs: number;
}

const GOODBYE_LIMIT_MS = 1_000;

/**
 * Opens a connection that belongs to no pool, runs `work` with it, and ends it in any case. Rejects with
 * `LG_CONNECT_FAILED`, `LG_CONNECT_TIMEOUT` or `LG_SERVER_REFUSED` when there is none in time, with `LG_CONNECT_TIMEOUT` too when
 * the work takes longer than it may; with `LG_INVALID_OPTION` when the connection string cannot be read.
 */
export async function withOwnClient<T>(
  options: OwnClientOptions,
  work: (client: pg.Client) => Promise<T>,
): Promise<T> {
  const client = makeClient(options);
  // An `error` event that nobody listens to ends the process; what it says, whoever waits is told as well.
  client.on('error', () => undefined);
  try {
    await within(client, options.connectTimeoutMs, (isLate) =>
      client.connect().catch((error: unknown) => {
        throw cannotConnect(options, error, isLate());
      }),
    );
    return await within(client, options.timeoutMs, (isLate) =>
      work(client).catch((error: unknown) => {
        throw isLate() ? tooLate(options, error) : error;
      }),
    );
  } finally {
    await goodbye(client);
  }
}

/** The server's process id of this connection. */
export function processIdOf(client: pg.Client): number | undefined {
  return driverOf(client).processID ?? undefined;
}

function makeClient({ option, connectionString }: OwnClientOptions): pg.Client {
  if (typeof connectionString !== 'string' || connectionString === '')
    throw new InvalidOptionError(option, 'a connection string', connectionString);
  try {
    const client = new pg.Client({ connectionString, fallback_application_name: 'lifeguard server' });
    tameName(driverOf(client));
    containParser(driverOf(client));
    return client;
  } catch {
    // What the driver says of it may hold all of it, password included.
    throw new InvalidOptionError(option, 'a connection string', connectionString, 'one that cannot be read');
  }
}

/** Closes the socket when the time is up; whatever waits for it then rejects. */
async function within<T>(
  client: pg.Client,
  limitMs: number,
  work: (isLate: () => boolean) => Promise<T>,
): Promise<T> {
  let late = false;
  const timer = systemClock.setTimer(limitMs, () => {
    late = true;
    driverOf(client).connection?.stream.destroy();
  });
  try {
    return await work(() => late);
  } finally {
    timer.cancel();
  }
}

async function goodbye(client: pg.Client): Promise<void> {
  const late = Promise.withResolvers<void>();
  const timer = systemClock.setTimer(GOODBYE_LIMIT_MS, late.resolve);
  try {
    await Promise.race([client.end().catch(() => undefined), late.promise]);
  } finally {
    timer.cancel();
    driverOf(client).connection?.stream.destroy();
  }
}

function cannotConnect(options: OwnClientOptions, error: unknown, isLate: boolean): LifeguardError {
  const { code = 'LG_CONNECT_FAILED', likely, fix } = explainConnectFailure(error);
  const where = redactUrl(options.connectionString);
  if (isLate)
    return new LifeguardError('LG_CONNECT_TIMEOUT', {
      summary: `no connection to ${where} within ${formatDuration(options.connectTimeoutMs)}`,
      rows: [
        ['likely', 'packets are dropped on the way, or the server accepts and does not answer'],
        ['fix', 'check host, port and firewall'],
      ],
      cause: error,
    });
  return new LifeguardError(code, {
    summary: `cannot connect to ${where}`,
    rows: [
      ['cause', describeFailure(error)],
      ...(likely === undefined ? [] : [['likely', likely] as const]),
      ...(fix === undefined ? [] : [['fix', fix] as const]),
    ],
    cause: error,
  });
}

function tooLate({ connectionString, timeoutMs }: OwnClientOptions, cause: unknown): LifeguardError {
  return new LifeguardError('LG_CONNECT_TIMEOUT', {
    summary: `${redactUrl(connectionString)} did not answer within ${formatDuration(timeoutMs)}`,
    rows: [['likely', 'the server is overloaded, or the connection to it is gone']],
    cause,
  });
}

function driverOf(client: pg.Client): DriverClient {
  return client;
}
