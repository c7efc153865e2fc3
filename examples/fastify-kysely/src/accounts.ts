import type { FastifyPluginAsync } from 'fastify';
import type { Kysely, Selectable } from 'kysely';
import { managedTransaction } from '@lifeguard/kysely';
import type { Tables } from './database.ts';

type Account = Selectable<Tables['accounts']>;
type Transfer = Selectable<Tables['transfers']>;

interface Order {
  readonly from: number;
  readonly to: number;
  readonly amountCents: number;
}

const count = { type: 'integer', minimum: 1, maximum: 2 ** 31 - 1 } as const;
const byId = { type: 'object', properties: { id: count } } as const;
const newAccount = {
  type: 'object',
  required: ['owner', 'balanceCents'],
  additionalProperties: false,
  properties: { owner: { type: 'string', minLength: 1, maxLength: 200 }, balanceCents: count },
} as const;
const newTransfer = {
  type: 'object',
  required: ['from', 'to', 'amountCents'],
  additionalProperties: false,
  properties: { from: count, to: count, amountCents: count },
} as const;

/** Rolls back what it is thrown in; Fastify takes the status from it. */
class Refused extends Error {
  readonly statusCode = 409;
}

/** `/accounts` and `/transfers`. */
export const accounts: FastifyPluginAsync = async (app) => {
  const { db } = app;

  app.post<{ Body: { owner: string; balanceCents: number } }>(
    '/accounts',
    { schema: { body: newAccount } },
    async ({ body }, reply) => {
      const values = { owner: body.owner, balance_cents: body.balanceCents };
      const account = await db.insertInto('accounts').values(values).returningAll().executeTakeFirstOrThrow();
      return reply.code(201).send(account);
    },
  );

  app.get<{ Params: { id: number } }>(
    '/accounts/:id',
    { schema: { params: byId } },
    async (request, reply) => {
      const account = await findAccount(db, request.params.id);
      return account ?? reply.code(404).send({ error: 'there is no such account' });
    },
  );

  app.post<{ Body: Order }>('/transfers', { schema: { body: newTransfer } }, async ({ body }, reply) => {
    return reply.code(201).send(await transfer(db, body));
  });

  app.get('/transfers', () =>
    db.selectFrom('transfers').selectAll().orderBy('id', 'desc').limit(20).execute(),
  );
};

function findAccount(db: Kysely<Tables>, id: number): Promise<Account | undefined> {
  return db.selectFrom('accounts').selectAll().where('id', '=', id).executeTakeFirst();
}

/**
 * All or nothing, within two seconds: after that the connection is free again, whatever the server is doing. Both accounts are
 * locked in one order, so that transfers which cross each other wait and do not lock each other out. Should they all the same, it
 * is tried again, which is why nothing in here acts outside of the database.
 */
function transfer(db: Kysely<Tables>, { from, to, amountCents }: Order): Promise<Transfer> {
  const options = { name: 'transfer', timeoutMs: 2_000, retry: { limit: 3 } };
  return managedTransaction(db, options, async (trx) => {
    const both = trx.selectFrom('accounts').selectAll().where('id', 'in', [from, to]);
    const locked = await both.orderBy('id').forUpdate().execute();
    const payer = locked.find(({ id }) => id === from);
    if (payer === undefined || payer.balance_cents < amountCents)
      throw new Refused('there is no such account, or not enough in it');
    if (!locked.some(({ id }) => id === to)) throw new Refused('there is no account to transfer to');
    await addTo(trx, from, -amountCents);
    await addTo(trx, to, amountCents);
    return trx
      .insertInto('transfers')
      .values({ from_id: from, to_id: to, amount_cents: amountCents })
      .returningAll()
      .executeTakeFirstOrThrow();
  });
}

async function addTo(trx: Kysely<Tables>, id: number, cents: number): Promise<void> {
  await trx
    .updateTable('accounts')
    .set((expression) => ({ balance_cents: expression('balance_cents', '+', cents) }))
    .where('id', '=', id)
    .execute();
}
