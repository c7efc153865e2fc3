import { Session, currentSession } from '@lifeguard/core';
import { findLevel, openLevel } from './transaction-level.ts';

/** A savepoint that the ORM has begun by itself inside a managed transaction. */
export interface OwnBlock {
  /** Runs the block, whose managed transactions then nest in it. */
  readonly run: <T>(fn: () => T) => T;
  readonly end: () => void;
}

/**
 * Makes a savepoint of the ORM's own known, for a layer whose ORM has only the innermost block begin savepoints. `undefined` where this
 * code is not inside a managed transaction of that instance.
 */
export function openOwnBlock(root: object, tx: object): OwnBlock | undefined {
  const outer = findLevel(root);
  if (outer === undefined) return undefined;
  const session = new Session({ timeoutMs: Infinity }, currentSession());
  const level = openLevel({ ...outer, outer, tx, session });
  return {
    run: (fn) => session.run(fn),
    end: () => {
      level.state = 'over';
      session.end();
    },
  };
}
