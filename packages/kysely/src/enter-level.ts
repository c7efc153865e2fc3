import { untilOver } from '@lifeguard/core/adapter';
import type { Session } from '@lifeguard/core';
import type { TransactionLevel } from './transaction-level.ts';

/** Waits for the turn of a block among those of its level, until its session is over. Resolves to what ends the turn. */
export async function enterLevel(session: Session, level: TransactionLevel): Promise<() => void> {
  const entering = level.children.enter();
  try {
    return await untilOver(session, () => entering);
  } catch (error) {
    void entering.then((leave) => leave());
    throw error;
  }
}
