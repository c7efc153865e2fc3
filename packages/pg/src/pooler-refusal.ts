import type { ConnectFailure } from '@lifeguard/core';

interface Known {
  readonly text: RegExp;
  readonly explain: (found: RegExpExecArray) => ConnectFailure;
}

/** What to set instead of a startup parameter, by its name. */
const INSTEAD: Readonly<Record<string, string>> = {
  statement_timeout:
    'use a managed block with timeoutMs, which sets it in BEGIN; as a backstop: alter role … set statement_timeout',
  idle_in_transaction_session_timeout:
    'use a managed block with timeoutMs, which sets it in BEGIN; as a backstop: alter role … set idle_in_transaction_session_timeout',
  lock_timeout: "set local lock_timeout = '…' in the transaction, or alter role … set lock_timeout",
  options: 'set on the role what its -c says: alter role … set …',
  search_path: 'name the schema in the statements, or alter role … set search_path',
  replication: 'replication needs a direct connection to the server',
};

/** PgBouncer refuses everything under 08P01; its texts, from 1.18 on, are never translated. */
const BY_TEXT: readonly Known[] = [
  {
    text: /^unsupported startup parameter(?: in options)?: (\w{1,64})/,
    explain: ([, name = '']) => ({
      fatal: true,
      likely: `the pooler takes no "${name}" from its clients, and the connection options have it`,
      fix: `remove it there; ${Object.hasOwn(INSTEAD, name) ? INSTEAD[name] : `alter role … set ${name}`}`,
    }),
  },
  {
    text: /no more connections allowed|^client connections exceeded/,
    explain: () => ({
      fatal: false,
      code: 'LG_SERVER_REFUSED',
      likely:
        'the pooler has no room for more clients: all pools of all instances together want more than it allows',
      fix: 'raise max_client_conn above the sum of size + maxOverflow of all instances; sizePerInstance() does the sum',
    }),
  },
  {
    text: /^query_wait_timeout$|server_login_retry|cannot connect to server|^server login failed|^client_login_timeout/i,
    explain: () => ({
      fatal: false,
      likely: 'the pooler is there, but could not log in to the server behind it, or had no backend in time',
      fix: 'look whether the server runs, and at the log of the pooler; callers are served as soon as it is back',
    }),
  },
  {
    text: /is disabled$|^database removed|shut(?:ting)? ?down|^admin/,
    explain: () => ({
      fatal: false,
      likely: 'somebody has taken this database, or the pooler, out of service',
      fix: 'look at the console of the pooler: show databases',
    }),
  },
  {
    text: /authentication failed|^no such user/,
    explain: () => ({
      fatal: true,
      likely: 'the pooler does not know this user and password',
      fix: 'check the connection, and auth_file or auth_query of the pooler',
    }),
  },
  {
    text: /^no such database|does not exist$/,
    explain: () => ({
      fatal: true,
      likely: 'the pooler serves no such database, or the server behind it has none',
      fix: 'check the database name of the connection, and the section [databases] of pgbouncer.ini',
    }),
  },
];

/** What a pooler means that refuses a connection (08P01); `undefined` when its text is unknown. */
export function explainPoolerRefusal(message: string): ConnectFailure | undefined {
  for (const { text, explain } of BY_TEXT) {
    const found = text.exec(message);
    if (found !== null) return explain(found);
  }
  return undefined;
}
