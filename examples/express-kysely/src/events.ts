import type { Selectable } from 'kysely';
import { managedSession, managedTransaction } from '@lifeguard/kysely';
import type { Db, Tables } from './database.ts';

export type Event = Selectable<Tables['events']>;
export type Booking = Selectable<Tables['bookings']>;

/** There are not so many seats, or there is no such event. */
export class SoldOut extends Error {}

/** A deadline also for who only reads: at the end of it the caller has its answer, whatever the server does. */
export function listEvents(db: Db): Promise<Event[]> {
  return managedSession(db, { name: 'list events', timeoutMs: 2_000 }, () =>
    db.selectFrom('events').selectAll().orderBy('id', 'desc').limit(20).execute(),
  );
}

export function addEvent(db: Db, name: string, seats: number): Promise<Event> {
  return managedTransaction(db, { name: 'add event', timeoutMs: 2_000 }, (trx) =>
    trx.insertInto('events').values({ name, seats_left: seats }).returningAll().executeTakeFirstOrThrow(),
  );
}

/** All or nothing. Two that lock each other out are tried again, which is why nothing in here acts outside of the database. */
export function book(db: Db, eventId: number, customer: string, seats: number): Promise<Booking> {
  const options = { name: 'book', timeoutMs: 2_000, retry: { limit: 3 } };
  return managedTransaction(db, options, async (trx) => {
    const event = await trx
      .updateTable('events')
      .set((expression) => ({ seats_left: expression('seats_left', '-', seats) }))
      .where('id', '=', eventId)
      .where('seats_left', '>=', seats)
      .returning('id')
      .executeTakeFirst();
    if (event === undefined) throw new SoldOut('there is no such event, or not enough room in it');
    return trx
      .insertInto('bookings')
      .values({ event_id: eventId, customer, seats })
      .returningAll()
      .executeTakeFirstOrThrow();
  });
}
