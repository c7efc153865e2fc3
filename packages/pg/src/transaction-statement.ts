/** Longer texts are not looked at: what begins or ends a transaction is short, also with a trace in a comment. */
const MAX_LENGTH = 2_000;

const MAY_BE_ONE = /^\s*(?:begin|start|rollback|abort|--|\/\*)/i;
const COMMENT = /--[^\r\n]*|\/\*[^]*?\*\//g;

const MODE =
  '(?:isolation level (?:serializable|repeatable read|read committed|read uncommitted)|read write|read only|(?:not )?deferrable)';
const BEGIN = new RegExp(`^(?:begin(?: work| transaction)?|start transaction)(?: ${MODE})*$`);
const FULL_ROLLBACK = /^(?:rollback|abort)(?: work| transaction)?(?: and no chain)?$/;

/** Whether the statement begins a transaction and does nothing else. */
export function isBegin(sql: string | undefined): boolean {
  return matches(BEGIN, sql);
}

/** Whether the statement ends the whole transaction without success and begins no other; `rollback to savepoint` does not. */
export function isFullRollback(sql: string | undefined): boolean {
  return matches(FULL_ROLLBACK, sql);
}

function matches(statement: RegExp, sql: string | undefined): boolean {
  if (sql === undefined || sql.length > MAX_LENGTH || !MAY_BE_ONE.test(sql)) return false;
  return statement.test(wordsOf(sql));
}

/** Without comments, one blank between words. What is no word stays, and matches nothing: a quote, a second statement. */
function wordsOf(sql: string): string {
  return sql
    .replaceAll(COMMENT, ' ')
    .replaceAll(/[\s,]+/g, ' ')
    .replace(/[\s;]+$/, '')
    .trim()
    .toLowerCase();
}
