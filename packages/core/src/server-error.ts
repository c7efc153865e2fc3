/** What a database server sent as an error, as far as drivers agree on it. */
interface ServerError {
  readonly message: string;
  /** Five characters of the SQL standard. */
  readonly sqlState: string;
  /** PostgreSQL's `ERROR`, `FATAL`, …; other servers send none. */
  readonly severity: string | undefined;
  /** The function of the server that reported it; it tells more of the mistake than its code. */
  readonly routine: string | undefined;
}

/** Wrapped more deeply than this, an error is not looked for. */
const MAX_DEPTH = 5;
const SQL_STATE = /^[0-9A-Z]{5}$/;

/**
 * Classes and codes of PostgreSQL whose messages name roles, databases, settings, tables and constraints, but never a value:
 * connection, constraint, transaction state, authorization, catalog name, rollback, resources, lock, operator, system.
 */
const WITHOUT_VALUES = /^(?:08|23|25|28|3D|40|53|55|57|58)|^(?:42501|42P01|42703|42704|42883)$/;

/** The server's error that `error` is, or wraps: ORMs put statement and parameters into the messages of their own. */
export function serverErrorIn(error: unknown): ServerError | undefined {
  let each = error;
  for (let depth = 0; depth < MAX_DEPTH && each instanceof Error; depth += 1) {
    // One of ours was written without values, whatever it explains.
    if (textOf(each, 'code')?.startsWith('LG_') === true) return undefined;
    const found = asServerError(each);
    if (found !== undefined) return found;
    each = each.cause;
  }
  return undefined;
}

/**
 * What a server's error says, without values: `invalid input syntax for type integer: "…"` repeats a parameter, and a `detail`
 * a row. Where the message may hold some, it is left out.
 */
export function describeServerError({ message, sqlState, severity, routine }: ServerError): string {
  if (severity !== undefined && WITHOUT_VALUES.test(sqlState)) return message;
  const where = routine === undefined ? '' : ` in ${routine}`;
  return `${severity ?? 'ERROR'} ${sqlState}${where} (its text may hold values, and is not shown)`;
}

function asServerError(error: Error): ServerError | undefined {
  const severity = textOf(error, 'severity');
  const sqlState = textOf(error, severity === undefined ? 'sqlState' : 'code');
  if (sqlState === undefined || !SQL_STATE.test(sqlState)) return undefined;
  return { message: error.message, sqlState, severity, routine: textOf(error, 'routine') };
}

function textOf(error: Error, key: string): string | undefined {
  const value: unknown = Reflect.get(error, key);
  return typeof value === 'string' && value !== '' ? value : undefined;
}
