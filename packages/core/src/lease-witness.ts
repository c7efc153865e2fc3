import { acquireWatch, changeWatch } from './acquire-watch.ts';
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

/** Makes it the witness of this process, in place of a former one. Call what it returns to be told no more. */
export function witnessLeases(witness: LeaseWitness): () => void {
  changeWatch({ witness });
  return () => {
    if (acquireWatch.witness === witness) changeWatch({ witness: undefined });
  };
}
