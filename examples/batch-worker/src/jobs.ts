import type { Transaction } from 'kysely';
import type { Tables } from './database.ts';

/**
 * What a job does. In the transaction, its effects and its being done are one: it happens once. What is outside of the database
 * (a mail, a call of another service) may happen again after a failure.
 */
export type JobHandler = (trx: Transaction<Tables>, payload: unknown) => Promise<void>;

/** By kind. Put yours here. */
export const handlers: Readonly<Record<string, JobHandler>> = {
  'create-invoice': async (trx, payload) => {
    const { customer, totalCents } = payload as { readonly customer: string; readonly totalCents: number };
    await trx.insertInto('invoices').values({ customer, total_cents: totalCents }).execute();
  },
};
