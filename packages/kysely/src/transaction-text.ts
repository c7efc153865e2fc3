import type { TransactionStatus } from '@lifeguard/core';

const OPENS = /^\s*(?:begin|start\s+transaction)\b/i;
const CLOSES = /^\s*(?:commit|end|rollback(?!\s+(?:(?:work|transaction|tran)\s+)?to\b))\b/i;

/** What a statement that succeeded leaves of the transaction. For connections that do not tell it themselves. */
export function statusAfter(sql: string, before: TransactionStatus): TransactionStatus {
  if (OPENS.test(sql)) return 'open';
  return CLOSES.test(sql) ? 'none' : before;
}
