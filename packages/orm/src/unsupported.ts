import { LifeguardError } from '@lifeguard/core';

/** What is told of a layer. */
interface Told {
  readonly call: string;
  readonly setUp: string;
}

/** The handle is of a transaction whose limits are not ours. */
export function notOurs({ call }: Told): LifeguardError {
  return new LifeguardError('LG_UNSUPPORTED', {
    summary: `${call} was called in a transaction that it did not begin`,
    rows: [
      ['likely', 'the handle of a plain transaction, or one that was used outside of its callback'],
      ['fix', `begin the outermost transaction with ${call}`],
    ],
  });
}

/** The deadline could not be kept: nobody could take the connection back. */
export function notOurPool({ call, setUp }: Told): LifeguardError {
  return new LifeguardError('LG_UNSUPPORTED', {
    summary: `${call} needs an instance that borrows from a LifeguardPool`,
    rows: [
      ['likely', 'it makes a pool of its own, or was given a client or a pg.Pool'],
      ['fix', setUp],
    ],
  });
}

/** The same, noticed when the transaction has begun. */
export function notFromPool({ call, setUp }: Told): LifeguardError {
  return new LifeguardError('LG_UNSUPPORTED', {
    summary: `${call} has begun a transaction without a connection of the pool`,
    rows: [
      ['likely', 'another copy of pg, by which the pool was taken for connection options'],
      ['fix', setUp],
    ],
  });
}
