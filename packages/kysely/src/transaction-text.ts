import type { TransactionStatus } from '@lifeguard/core';

const OPENS = /^(?:begin|start\s+transaction)\b/i;
const CLOSES =
  /^(?:commit|end|abort|prepare\s+transaction|rollback(?!\s+(?:(?:work|transaction|tran)\s+)?to\b))\b/i;
/** Before the first word; an empty statement as well. */
const SPACE = /(?:\s|;|--[^\n]*(?:\n|$))+/y;

/** What a statement that succeeded leaves of the transaction. For connections that do not tell it themselves. */
export function statusAfter(sql: string, before: TransactionStatus): TransactionStatus {
  const text = withoutSpace(sql);
  if (OPENS.test(text)) return 'open';
  return CLOSES.test(text) ? 'none' : before;
}

/** From the first word on. */
function withoutSpace(sql: string): string {
  let at = 0;
  for (;;) {
    SPACE.lastIndex = at;
    if (SPACE.test(sql)) at = SPACE.lastIndex;
    if (!sql.startsWith('/*', at)) return sql.slice(at);
    at = endOfComment(sql, at);
  }
}

/** They nest. */
function endOfComment(sql: string, start: number): number {
  const marks = /\/\*|\*\//g;
  marks.lastIndex = start;
  let depth = 0;
  for (let mark = marks.exec(sql); mark !== null; mark = marks.exec(sql)) {
    depth += mark[0] === '/*' ? 1 : -1;
    if (depth === 0) return marks.lastIndex;
  }
  return sql.length;
}
