import { fork } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import pg from 'pg';
import { expect, onTestFinished, test } from 'vitest';
import { describeWith } from '../support/describe-with.ts';
import { clientsOf, usePgBouncer } from '../support/use-pgbouncer.ts';
import { until } from '../support/until.ts';
import type { Message, Order, Report } from './application-messages.ts';

/** What all of them together may have on the server. */
const BACKENDS = 6;
const INSTANCES = ['one', 'two', 'three'] as const;
/** Transactions that each process is to get through before the test goes on; with pauses of 2 ms, some seconds in all. */
const ENOUGH = 250;
const PATIENCE_MS = 60_000;

type Instance = (typeof INSTANCES)[number];

class Application {
  readonly name: Instance;
  readonly #process: ChildProcess;
  readonly #messages: Message[] = [];

  constructor(name: Instance, url: string) {
    this.name = name;
    const program = fileURLToPath(new URL('./application.ts', import.meta.url));
    this.#process = fork(program, [name, url, String(BACKENDS), String(INSTANCES.length)]);
    this.#process.on('message', (message: Message) => this.#messages.push(message));
    onTestFinished(() => this.kill());
  }

  order(order: Order): void {
    this.#process.send(order);
  }

  async told<Kind extends Message['kind']>(kind: Kind): Promise<Extract<Message, { kind: Kind }>> {
    const find = (): Message | undefined => this.#messages.find((message) => message.kind === kind);
    await until(`"${this.name}" says ${kind}`, () => find() !== undefined, PATIENCE_MS);
    return find() as Extract<Message, { kind: Kind }>;
  }

  async kill(): Promise<void> {
    if (this.#process.exitCode !== null || this.#process.signalCode !== null) return;
    const exited = once(this.#process, 'exit');
    this.#process.kill('SIGKILL');
    await exited;
  }
}

describeWith('pgbouncer', 'three application processes through one PgBouncer', () => {
  const behind = usePgBouncer({
    poolSize: BACKENDS,
    // Enough for all, and for the console.
    maxClientConnections: 50,
  });

  const doneBy = async (): Promise<Record<Instance, number>> => {
    const rows = await behind.sql('select instance, done from work');
    return Object.fromEntries(rows.map((row) => [row['instance'], row['done']])) as Record<Instance, number>;
  };

  /** How many backends there are but for the one that asks. */
  const countBackends = async (): Promise<number> => {
    const [row] = await behind.sql(
      `select count(*)::int as count from pg_stat_activity
       where datname = current_database() and pid <> pg_backend_pid() and backend_type = 'client backend'`,
    );
    return row?.['count'] as number;
  };

  test(
    'under load they stay in the budget, all get on, and one that is killed leaves nothing behind',
    async () => {
      await behind.sql('create table work (instance text primary key, done int not null)');
      await behind.sql(`insert into work select unnest($1::text[]), 0`, [[...INSTANCES, 'shared']]);
      const samples: number[] = [];
      let sampling = true;
      const sampler = (async () => {
        for (; sampling; await delay(5)) samples.push(await countBackends());
      })();

      const applications = INSTANCES.map((name) => new Application(name, behind.pooler.url));
      const [one, two, three] = applications as [Application, Application, Application];
      for (const application of applications) {
        // Four each: twice as many clients as backends.
        expect(await application.told('started')).toMatchObject({ size: (BACKENDS * 2) / INSTANCES.length });
      }
      const allGotOn = async (
        than: Record<Instance, number>,
        names: readonly Instance[],
      ): Promise<boolean> => {
        const now = await doneBy();
        return names.every((name) => now[name] - than[name] >= ENOUGH);
      };
      const none = { one: 0, two: 0, three: 0 };
      await until('all get on', () => allGotOn(none, INSTANCES), PATIENCE_MS);
      const shares = await doneBy();

      three.order('hold');
      await three.told('holding');
      const samplesBeforeDeath = samples.length;
      await three.kill();
      // The lock that it held is free at once, though its deadline is far.
      await behind.sql(`set lock_timeout = '10s'`);
      await behind.sql(`update work set done = 1 where instance = 'shared'`);
      const atDeath = await doneBy();
      await until('the others get on', () => allGotOn(atDeath, ['one', 'two']), PATIENCE_MS);

      for (const application of [one, two]) application.order('stop');
      const reports: Report[] = [];
      for (const application of [one, two]) reports.push(await application.told('report'));
      sampling = false;
      await sampler;

      expect(reports.flatMap(({ errors }) => errors)).toEqual([]);
      for (const report of reports) {
        expect(report).toMatchObject({ behindPooler: true, lost: 0 });
        expect(report.timeouts).toBeGreaterThan(0);
      }
      // Nobody lives on what others leave: with equal wishes the least has a third of the most, and more.
      expect(Math.min(...INSTANCES.map((name) => shares[name]))).toBeGreaterThan(
        Math.max(...INSTANCES.map((name) => shares[name])) / 3,
      );
      expect(samples.length).toBeGreaterThan(50);
      expect(Math.max(...samples.slice(0, samplesBeforeDeath))).toBe(BACKENDS);
      // PgBouncer ends the backend of the transaction that was open, and does not wait for its end to open another.
      expect(Math.max(...samples)).toBeLessThanOrEqual(BACKENDS + 1);
      await until('no client is left', async () => (await clientsOf(behind.pooler)) === 0);
      expect(await limitsOfAllBackends(behind.pooler.url)).toEqual(new Set(['0 0']));
      expect(await countBackends()).toBeLessThanOrEqual(BACKENDS);
      await behind.pooler.stop();
      await until('no backend is left', async () => (await countBackends()) === 0);
    },
    4 * PATIENCE_MS,
  );
});

/** What a new client finds in each of the backends: nothing of what transactions before it were allowed. */
async function limitsOfAllBackends(url: string): Promise<Set<unknown>> {
  const clients = Array.from({ length: BACKENDS }, () => new pg.Client(url));
  const found = new Set<unknown>();
  const pids = new Set<unknown>();
  for (const client of clients) {
    await client.connect();
    // Keeps its backend, so that the next one gets another.
    await client.query('begin');
    const { rows } = await client.query<{ limits: string; pid: number }>(
      `select current_setting('statement_timeout') || ' ' || current_setting('idle_in_transaction_session_timeout') as limits,
        pg_backend_pid() as pid`,
    );
    found.add(rows[0]?.limits);
    pids.add(rows[0]?.pid);
  }
  for (const client of clients) await client.end();
  expect(pids.size).toBe(BACKENDS);
  return found;
}
