import type { DriverClient } from './driver-types.ts';

const ignore = (): void => undefined;

/** Takes what the server still answers to a query that nobody waits for any more. */
const NOBODY: object = Object.freeze({
  handleRowDescription: ignore,
  handleDataRow: ignore,
  handlePortalSuspended: ignore,
  handleEmptyQuery: ignore,
  handleCommandComplete: ignore,
  // The server waits for data, and no cancel request would wake it.
  handleCopyInResponse: (connection: { sendCopyFail?(reason: string): void }) =>
    connection.sendCopyFail?.('the lease was taken back'),
  handleCopyData: ignore,
  handleError: ignore,
  handleReadyForQuery: ignore,
});

/**
 * Rejects with `error` all that the client has in flight and in its queue. What the server answers later finds somebody to
 * take it: else pg would hold it for a broken protocol and give up the connection, which is to roll back and say goodbye.
 * With `pipeline`, where several answers may be on their way, pg does give it up; so does a client without these members
 * settle when its socket closes, with an error of its own.
 */
export function settleInFlight(client: DriverClient, error: Error): void {
  if (client._errorAllQueries === undefined) return;
  const answering = client._activeQuery != null && client.readyForQuery === false && client.pipeline !== true;
  client._errorAllQueries(error);
  if (answering) client._activeQuery = NOBODY;
}
