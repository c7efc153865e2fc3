import { setTimeout as delay } from 'node:timers/promises';
import type pg from 'pg';
import { now } from '../messages.ts';
import type { Outcome } from '../messages.ts';
import type { Borrower } from './borrower.ts';
import { errorCode } from './error-code.ts';
import type { Ledger } from './ledger.ts';

const PAUSE_MS = 12;
const HELD_MS = 50;
const MAX_OUTCOMES = 20_000;

type Unit = (client: pg.PoolClient, token: string) => Promise<string>;

const ask = async (client: pg.PoolClient, token: string): Promise<string> => {
  const { rows } = await client.query<{ token: string }>('select $1::text as token', [token]);
  return rows[0]?.token ?? 'none';
};

/** One caller each, for ever: so that at any moment there are connections in every state. */
const UNITS: readonly Unit[] = [
  ask,
  ask,
  async (client, token) => {
    await client.query('begin');
    const answer = await ask(client, token);
    await client.query('commit');
    return answer;
  },
  async (client, token) => {
    await client.query(`select 'leased idle'`);
    await delay(HELD_MS);
    return ask(client, token);
  },
  async (client, token) => {
    await client.query('begin');
    await client.query(`select 'in transaction'`);
    await delay(HELD_MS);
    const answer = await ask(client, token);
    await client.query('commit');
    return answer;
  },
  async (client, token) => {
    await client.query(`select 'running', pg_sleep(0.1)`);
    return ask(client, token);
  },
];

/** A steady load of short work, a hundred units in a second. */
export class Load {
  readonly outcomes: Outcome[] = [];
  readonly #borrower: Borrower;
  readonly #ledger: Ledger;
  #paused: PromiseWithResolvers<void> | undefined;
  #count = 0;

  constructor(borrower: Borrower, ledger: Ledger) {
    this.#borrower = borrower;
    this.#ledger = ledger;
  }

  start(): void {
    for (const unit of UNITS) void this.#repeat(unit);
  }

  pause(): void {
    this.#paused ??= Promise.withResolvers<void>();
  }

  resume(): void {
    this.#paused?.resolve();
    this.#paused = undefined;
  }

  async #repeat(unit: Unit): Promise<never> {
    for (;;) {
      await this.#paused?.promise;
      await this.#one(unit);
      await delay(PAUSE_MS);
    }
  }

  async #one(unit: Unit): Promise<void> {
    const startedAt = now();
    const token = `token ${(this.#count += 1)}`;
    let error: string | undefined;
    try {
      const answer = await this.#borrower.run((client) => unit(client, token));
      if (answer !== token) this.#ledger.wrongAnswers += 1;
    } catch (failure) {
      error = errorCode(failure);
    }
    if (this.outcomes.length < MAX_OUTCOMES) this.outcomes.push({ startedAt, endedAt: now(), error });
  }
}
