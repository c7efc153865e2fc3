import type { ConnectFailure } from '@lifeguard/core';
import { explainPoolerRefusal } from './pooler-refusal.ts';

/** SQLSTATEs and system codes that trying again will not change: somebody must change a setting. */
const FATAL: Readonly<Record<string, { readonly likely: string; readonly fix: string }>> = {
  '28P01': { likely: 'the password is wrong', fix: 'check user and password of the connection' },
  '28000': {
    likely: 'the server does not let this user in from here',
    fix: 'check user, database and pg_hba.conf',
  },
  '3D000': { likely: 'there is no such database', fix: 'check the database name of the connection' },
  '08P01': {
    likely: 'the server, or a pooler before it, does not understand what the driver sends',
    fix: 'look at the text of the cause and at the log of whoever listens there',
  },
};

const PASSING: Readonly<Record<string, { readonly likely: string; readonly fix: string }>> = {
  ECONNREFUSED: { likely: 'no server listens there', fix: 'check host and port, and that the server runs' },
  ENOTFOUND: { likely: 'the host name does not resolve', fix: 'check the host name and DNS' },
  EAI_AGAIN: { likely: 'the name server does not answer', fix: 'check DNS; the database may be well' },
  ETIMEDOUT: { likely: 'the network drops packets on the way', fix: 'check firewall and routes' },
  ECONNRESET: {
    likely: 'the server, or something on the way, dropped the connection',
    fix: 'look at the server log',
  },
  '57P03': {
    likely: 'the server is starting up or recovering',
    fix: 'wait; callers are served as soon as it is ready',
  },
};

/** What a failed connect means, and whether it can pass by itself. */
export function explainConnectFailure(error: unknown): ConnectFailure {
  const code = codeOf(error);
  if (code === '53300') {
    return {
      fatal: false,
      code: 'LG_SERVER_REFUSED',
      likely:
        'the server has no connection left: all pools of all instances together want more than max_connections',
      fix: 'sum up size + maxOverflow of all instances and keep it below max_connections minus the reserved ones',
    };
  }
  const refusal = code === '08P01' ? explainPoolerRefusal(messageOf(error)) : undefined;
  if (refusal !== undefined) return refusal;
  const fatal = own(FATAL, code);
  if (fatal !== undefined) return { fatal: true, ...fatal };
  return { fatal: false, ...own(PASSING, code) };
}

function own<T>(table: Readonly<Record<string, T>>, code: string | undefined): T | undefined {
  return code !== undefined && Object.hasOwn(table, code) ? table[code] : undefined;
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : '';
}

function codeOf(error: unknown): string | undefined {
  if (typeof error !== 'object' || error === null) return undefined;
  if ('code' in error && typeof error.code === 'string') return error.code;
  // Happy eyeballs: `connect` to a name with several addresses fails with all their errors together.
  if (error instanceof AggregateError) return codeOf(error.errors[0]);
  return undefined;
}
