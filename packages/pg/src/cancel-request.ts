import pg from 'pg';
import type { EventEmitter } from 'node:events';
import type { Clock } from '@lifeguard/core';
import type { DriverClient } from './driver-types.ts';

/** `delivered`: the server has taken the request and closed the socket. `unknown`: it may still come. */
export type CancelOutcome = 'delivered' | 'unknown';

/** What we use of `pg.Connection`, which its types do not describe. */
interface ProtocolConnection extends EventEmitter {
  readonly stream: { destroy(): void; unref?(): void };
  connect(portOrPath: number | string, host?: string): void;
  requestSsl(): void;
  cancel(processId: number, secretKey: number): void;
}

type ProtocolConnectionClass = new (options: { ssl: unknown; sslNegotiation: unknown }) => ProtocolConnection;

/** How long a request stays open that the server has not taken in time. */
const LINGER_MS = 30_000;

/**
 * Asks the server to stop what `client` is running, and waits until the server has closed the socket of the request: only
 * then is it certain that the request will not hit a later query of the same connection (PostgreSQL, "Canceling Requests
 * in Progress"; PgBouncer drops the request when we close first).
 *
 * Never rejects. `unknown` after `limitMs` or on any failure: do not use the connection again then. A request that was sent
 * stays open after that, since PgBouncer 1.18 ends itself ("bad client state") when a client leaves while its request waits
 * for a server that does not answer. `onSent` is called when a request leaves.
 */
export function cancelRequest(
  client: DriverClient,
  clock: Clock,
  limitMs: number,
  onSent: () => void = () => undefined,
): Promise<CancelOutcome> {
  const { processID, secretKey } = client;
  if (processID == null || secretKey == null) return Promise.resolve('unknown');
  return new Promise((resolve) => {
    const Connection = (pg as unknown as { Connection: ProtocolConnectionClass }).Connection;
    const { ssl, sslNegotiation } = client;
    const connection = new Connection({ ssl, sslNegotiation });
    let sent = false;
    const finish = (outcome: CancelOutcome): void => {
      timer.cancel();
      connection.stream.destroy();
      resolve(outcome);
    };
    let timer = clock.setTimer(limitMs, () => {
      if (!sent) return finish('unknown');
      connection.stream.unref?.();
      timer = clock.setTimer(LINGER_MS, () => connection.stream.destroy());
      resolve('unknown');
    });
    const send = (): void => {
      sent = true;
      connection.cancel(processID, secretKey);
      onSent();
    };
    connection.on('connect', () => {
      if (!ssl) send();
      else if (sslNegotiation !== 'direct') connection.requestSsl();
    });
    connection.on('sslconnect', send);
    connection.on('end', () => finish(sent ? 'delivered' : 'unknown'));
    // A reset after the request was read still ends in `end`; before that, it says that nothing arrived.
    connection.on('error', () => (sent ? undefined : finish('unknown')));
    if (client.host?.startsWith('/') === true) connection.connect(`${client.host}/.s.PGSQL.${client.port}`);
    else connection.connect(client.port ?? 5432, client.host ?? 'localhost');
  });
}
