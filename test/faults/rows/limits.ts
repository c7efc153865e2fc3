import { DIRECT, EVERY_ROUTE } from '../fault-row.ts';
import type { FaultRow } from '../fault-row.ts';
import type { World } from '../world.ts';

/** Holds a connection for longer than the limit that it sets itself, three times. */
async function exceed(world: World, statements: readonly string[]): Promise<void> {
  for (let n = 0; n < 3; n += 1) {
    const codes = await world.application.ask('hold', statements, 150).catch(() => ['the process died']);
    world.notes['seen by the holder'] = codes.filter((code) => code !== 'ok').join(', ');
  }
}

/** The holder must hear of it, and by this code. */
function judgeCode(code: string): NonNullable<FaultRow['judge']> {
  return ({ notes }) => {
    const seen = String(notes['seen by the holder']);
    return seen.startsWith(code) ? [] : [`the holder saw ${seen}, not ${code}`];
  };
}

export const limitRows: readonly FaultRow[] = [
  {
    id: 'idle-in-transaction-timeout',
    title: '`idle_in_transaction_session_timeout` (25P03)',
    routes: EVERY_ROUTE,
    inject: (world) =>
      exceed(world, ['begin', 'set local idle_in_transaction_session_timeout = 50', 'select 1']),
    judge: judgeCode('LG_SERVER_TIMEOUT'),
  },
  {
    id: 'idle-session-timeout',
    title: '`idle_session_timeout` (57P05)',
    // Behind a pooler, what one sets for a session reaches others.
    routes: DIRECT,
    inject: (world) => exceed(world, ['set idle_session_timeout = 50', 'select 1']),
    judge: judgeCode('LG_SERVER_TIMEOUT'),
  },
  {
    id: 'transaction-timeout',
    title: '`transaction_timeout` (25P04, PostgreSQL 17 and later)',
    routes: EVERY_ROUTE,
    since: 17,
    inject: (world) => exceed(world, ['begin; set local transaction_timeout = 50', 'select 1']),
    judge: judgeCode('LG_SERVER_TIMEOUT'),
  },
  {
    id: 'statement-timeout',
    title: '`statement_timeout` (57014)',
    routes: EVERY_ROUTE,
    inject: (world) =>
      exceed(world, [
        'begin',
        'set local statement_timeout = 50',
        'select pg_sleep(5)',
        'rollback',
        'select 1',
      ]),
    judge: judgeCode('57014'),
  },
];
