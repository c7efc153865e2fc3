// An application process of its own, as three.test.ts starts several: it works until it is told to stop, and reports.
import process from 'node:process';
import { sizePerInstance } from '@lifeguard/core';
import { LifeguardDialect, managedTransaction } from '@lifeguard/kysely';
import { LifeguardPool } from '@lifeguard/pg';
import { Kysely, sql } from 'kysely';
import type { Message, Order } from './application-messages.ts';

interface Tables {
  work: { instance: string; done: number };
}

const [, , instance = '', url = '', backends = '0', instances = '1'] = process.argv;
/** Callers at a time: more than the pool has connections, and far more than there are backends. */
const CALLERS = 20;

const { size, maxOverflow } = sizePerInstance({
  instances: Number(instances),
  backends: Number(backends),
  reserve: 0,
  surge: 0,
  sharing: 2,
});
const pool = new LifeguardPool({ connectionString: url, size, maxOverflow, application_name: instance });
const db = new Kysely<Tables>({ dialect: new LifeguardDialect({ pool }) });
const count = { transactions: 0, queries: 0, timeouts: 0, errors: [] as string[] };
let working = true;

const note = (error: unknown): void => {
  const { code } = error as { code?: string };
  if (code === 'LG_SESSION_TIMEOUT') count.timeouts += 1;
  else count.errors.push(String(error).slice(0, 500));
};

async function callOften(caller: number): Promise<void> {
  for (let round = 0; working; round += 1) {
    try {
      if (round % 4 === 3) {
        await db.selectFrom('work').select('done').where('instance', '=', instance).execute();
        count.queries += 1;
      } else if (caller === 0 && round % 20 === 0) {
        // Too slow for its deadline: it is cancelled through the pooler.
        await managedTransaction(db, { timeoutMs: 100 }, (trx) => sql`select pg_sleep(30)`.execute(trx));
      } else {
        await managedTransaction(db, { timeoutMs: 15_000 }, async (trx) => {
          await sql`select pg_sleep(0.002)`.execute(trx);
          await trx
            .updateTable('work')
            .set({ done: sql`done + 1` })
            .where('instance', '=', instance)
            .execute();
        });
        count.transactions += 1;
      }
    } catch (error) {
      note(error);
    }
  }
}

function say(message: Message): void {
  process.send?.(message);
}

/** A transaction that nobody ends, with a lock that others want. */
function holdForEver(): void {
  void managedTransaction(db, { timeoutMs: 600_000 }, async (trx) => {
    await sql`select done from work where instance = 'shared' for update`.execute(trx);
    say({ kind: 'holding' });
    await new Promise<never>(() => undefined);
  });
}

process.on('message', (order: Order) => {
  if (order === 'hold') holdForEver();
  else working = false;
});
process.once('disconnect', () => process.exit(1));

const callers = Array.from({ length: CALLERS }, (_, caller) => callOften(caller));
say({ kind: 'started', size: size + maxOverflow });
await Promise.all(callers);
const { behindPooler } = pool;
const { lost } = pool.snapshot();
await db.destroy();
say({ kind: 'report', ...count, behindPooler, lost });
process.disconnect();
