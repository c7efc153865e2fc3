import type { LeaseOrigin, LeaseRecord } from './lease-record.ts';
import type { LeaseTracker } from './lease-tracker.ts';

/**
 * Is told of every lease of this process, whichever pool or watch it is of: for tests, each of which must give back what it
 * takes. It must not throw.
 */
export interface LeaseWitness {
  /** Frames of the stack that is taken of every acquire while there is a witness, whatever the option `stacks` of its pool is. */
  readonly depth: number;
  /** Somebody asks for a connection. Told inside the `acquire` call itself, where it can be seen who that is. */
  asked(origin: LeaseOrigin): void;
  /** It was granted, to whoever asked with this origin. */
  opened(record: LeaseRecord, origin: LeaseOrigin, tracker: LeaseTracker): void;
  /** It is over, in whichever way. */
  closed(record: LeaseRecord): void;
}

/** Under a global symbol: the leases of two copies of this package have one witness. */
const KEY = Symbol.for('@lifeguard/lease-witness');
const shared = globalThis as { [KEY]?: { witness: LeaseWitness | undefined } };

/** Where the witness stands, if there is one. Read on the way of every acquire, which is why this is an object and no function. */
export const witnessStand: { witness: LeaseWitness | undefined } = (shared[KEY] ??= { witness: undefined });

/** Makes it the witness of this process, in place of a former one. Call what it returns to be told no more. */
export function witnessLeases(witness: LeaseWitness): () => void {
  witnessStand.witness = witness;
  return () => {
    if (witnessStand.witness === witness) witnessStand.witness = undefined;
  };
}
