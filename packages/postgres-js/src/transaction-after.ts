import type { TransactionStatus } from '@lifeguard/core';
import { isServerError } from './server-error.ts';
import type { QueryOutcome } from './query-outcome.ts';

/** Statements that begin or end a transaction, wherever they are in a text of several. */
const CONTROL = /\b(?:begin|start\s+transaction|commit|end|rollback|abort|prepare\s+transaction)\b/i;
/** Ends it also where it fails: a deferred constraint is checked then. */
const ENDS = /^\s*(?:commit|end|prepare\s+transaction)\b/i;
const TO_SAVEPOINT = /\brollback\b[^;]*\bto\b/i;
const CHAINED = /\band\s+chain\b/i;

/**
 * How a transaction stands after a query: postgres.js does not pass on what the server says of it, but does pass on which
 * commands were carried out, and whether the server has refused. `unknown` where that does not tell.
 */
export function transactionAfter(
  before: TransactionStatus,
  text: string,
  outcome: QueryOutcome,
): TransactionStatus {
  switch (outcome.kind) {
    case 'answered':
      return outcome.commands.reduce<TransactionStatus>(
        (status, command) => afterCommand(status, command, text),
        before,
      );
    case 'failed':
      return isServerError(outcome.error) ? afterRefusal(before, text) : before;
    default:
      return outcome satisfies never;
  }
}

function afterCommand(before: TransactionStatus, command: string, text: string): TransactionStatus {
  switch (command) {
    case 'BEGIN':
    case 'START TRANSACTION':
      return 'open';
    case 'COMMIT':
      return CHAINED.test(text) ? 'open' : 'none';
    case 'ROLLBACK':
      // The server calls both of them so.
      if (TO_SAVEPOINT.test(text)) return text.includes(';') ? 'unknown' : 'open';
      return CHAINED.test(text) ? 'open' : 'none';
    case 'PREPARE TRANSACTION':
      return 'none';
    default:
      return before;
  }
}

function afterRefusal(before: TransactionStatus, text: string): TransactionStatus {
  if (ENDS.test(text)) return 'none';
  if (text.includes(';') && CONTROL.test(text)) return 'unknown';
  return before === 'open' ? 'failed' : before;
}
