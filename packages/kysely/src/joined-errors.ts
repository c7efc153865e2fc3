import { LeaseReleasedError, LifeguardError } from '@lifeguard/core';

/** It would end the transaction around, whose connection this is. */
export function commandAsText(): LifeguardError {
  return new LifeguardError('LG_UNSUPPORTED', {
    summary:
      "a transaction was begun or ended by SQL on a connection that has joined another one (strayQueries: 'join')",
    rows: [['fix', 'use db.transaction(), which becomes a savepoint; or outsideSession(() => …)']],
  });
}

/** It would wait for the stream to end, and the loop that reads it for the query. */
export function besideStream(): LifeguardError {
  return new LifeguardError('LG_UNSUPPORTED', {
    summary:
      "a query was asked for while a stream is being read on the same connection (strayQueries: 'join'); it was not sent",
    rows: [
      ['likely', 'a query with the instance inside the loop over a stream, which would wait for it for ever'],
      ['fix', 'read the stream to its end first; or run one of the two by outsideSession(() => …)'],
    ],
  });
}

/** What is kept of a joined connection leads nowhere. */
export function usedAfterRelease(): LeaseReleasedError {
  return new LeaseReleasedError({
    summary: 'a connection was used after it had been given back; the query was not sent',
    rows: [['fix', 'await every query before the block that was given the connection ends']],
  });
}
