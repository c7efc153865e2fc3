import { EventEmitter } from 'node:events';
import { describe, expect, it } from 'vitest';
import { ManualClock, settle } from '@lifeguard/core/testing';
import { TOKEN, ask, expectSafeHeaders, jsonOf, makeHandler, makePool } from '../test/admin-world.ts';
import { ADMIN_EVENTS } from './admin-pool.ts';
import type { AdminPool } from './admin-pool.ts';

/** A pool that tells what a test wants, and shows who listens. */
class TellingPool extends EventEmitter implements AdminPool {
  readonly name: string;
  readonly snapshot: AdminPool['snapshot'];

  constructor(name = 'main') {
    super();
    this.name = name;
    const { pool } = makePool({ name });
    this.snapshot = () => pool.snapshot();
  }

  evict(): void {
    // Nothing to replace.
  }

  suspend(): void {
    // Nobody to keep waiting.
  }

  resume(): void {
    // As above.
  }

  get listening(): number {
    return ADMIN_EVENTS.reduce((sum, event) => sum + this.listenerCount(event), 0);
  }
}

interface Reading {
  readonly response: Response;
  /** The text of the next chunk; `undefined` at the end. */
  next(): Promise<string | undefined>;
  stop(): void;
}

async function read(handler: (request: Request) => Promise<Response>, path = '/v1/events'): Promise<Reading> {
  const abort = new AbortController();
  const response = await handler(ask(path, { signal: abort.signal }));
  const reader = (response.body as ReadableStream<Uint8Array>).getReader();
  const next = async (): Promise<string | undefined> => {
    const { done, value } = await reader.read();
    return done ? undefined : new TextDecoder().decode(value);
  };
  if (response.status === 200) expect(await next()).toBe(': lifeguard\n\n');
  return { response, next, stop: () => abort.abort() };
}

/** The data of an event, without its time. */
const dataOf = (text: string | undefined): unknown => {
  const { at: _, ...rest } = JSON.parse(/^data: (.*)$/m.exec(text ?? '')?.[1] ?? '{}') as Record<
    string,
    unknown
  >;
  return rest;
};

describe('GET /v1/events', () => {
  it('tells what happens, with the name of the pool', async () => {
    const [a, b] = [new TellingPool('a'), new TellingPool('b')];
    const reading = await read(makeHandler({ pools: [a, b] }));
    expectSafeHeaders(reading.response);
    expect(reading.response.headers.get('content-type')).toBe('text/event-stream; charset=utf-8');
    a.emit('stall', { lateMs: 40 });
    b.emit('lost', { entryId: 7 });
    expect(await reading.next()).toMatch(
      /^id: 1\nevent: stall\ndata: \{"lateMs":40,"pool":"a","at":"2026-[^\n]+\n\n$/,
    );
    expect(dataOf(await reading.next())).toEqual({ entryId: 7, pool: 'b' });
    reading.stop();
  });

  it('tells of one pool when one is asked for', async () => {
    const [a, b] = [new TellingPool('a'), new TellingPool('b')];
    const reading = await read(makeHandler({ pools: [a, b] }), '/v1/events?pool=b');
    expect([a.listening, b.listening]).toEqual([0, ADMIN_EVENTS.length]);
    reading.stop();
  });

  it('listens to nobody after the reader has gone', async () => {
    const pool = new TellingPool();
    const clock = new ManualClock();
    const handler = makeHandler({ pools: [pool], clock });
    const reading = await read(handler);
    expect(pool.listening).toBe(ADMIN_EVENTS.length);
    reading.stop();
    expect(await reading.next()).toBeUndefined();
    expect([pool.listening, clock.pendingTimers]).toEqual([0, 0]);

    const cancelled = await handler(ask('/v1/events'));
    await cancelled.body?.cancel();
    expect([pool.listening, clock.pendingTimers]).toEqual([0, 0]);
  });

  it('does not begin for a reader that has gone already', async () => {
    const pool = new TellingPool();
    await makeHandler({ pools: [pool] })(ask('/v1/events', { signal: AbortSignal.abort() }));
    expect(pool.listening).toBe(0);
  });

  it('is told of the core’s own pool, until the reader goes', async () => {
    const { pool, clock } = makePool({ leakThresholdMs: 1_000 });
    const reading = await read(makeHandler({ pools: [pool] }));
    const lease = await pool.acquire();
    await clock.advance(3_000);
    const told = dataOf(await reading.next());
    expect(told).toMatchObject({
      code: 'LG_LEAK_SUSPECTED',
      pool: 'main',
      evidence: ['overdue', 'idle'],
      lease: { id: lease.id },
    });
    reading.stop();
    lease.release();
  });

  it('follows pools that come, and leaves those that go', async () => {
    const [old, young] = [new TellingPool('old'), new TellingPool('young')];
    let pools = [old];
    const clock = new ManualClock();
    const reading = await read(makeHandler({ pools: () => pools, clock, heartbeatMs: 1_000 }));
    pools = [young];
    await clock.advance(1_000);
    expect([old.listening, young.listening]).toEqual([0, ADMIN_EVENTS.length]);
    reading.stop();
  });

  it('gives signs of life', async () => {
    const clock = new ManualClock();
    const reading = await read(makeHandler({ pools: [], clock, heartbeatMs: 1_000 }));
    const next = reading.next();
    await settle();
    await clock.advance(1_000);
    expect(await next).toBe(': \n\n');
    reading.stop();
  });

  it('keeps 256 events for a slow reader, and says how many it has left out', async () => {
    const pool = new TellingPool();
    const reading = await read(makeHandler({ pools: [pool] }));
    for (let lateMs = 1; lateMs <= 300; lateMs += 1) pool.emit('stall', { lateMs });
    for (let lateMs = 1; lateMs <= 256; lateMs += 1)
      expect(dataOf(await reading.next())).toEqual({ lateMs, pool: 'main' });
    expect(await reading.next()).toBe('event: dropped\ndata: {"dropped":44}\n\n');
    pool.emit('stall', { lateMs: 301 });
    expect(dataOf(await reading.next())).toEqual({ lateMs: 301, pool: 'main' });
    reading.stop();
  });

  it('gives up a reader that takes nothing for a minute', async () => {
    const pool = new TellingPool();
    const clock = new ManualClock();
    await read(makeHandler({ pools: [pool], clock }));
    pool.emit('stall', { lateMs: 1 });
    await clock.advance(45_000);
    expect(pool.listening).toBe(ADMIN_EVENTS.length);
    await clock.advance(15_000);
    expect(pool.listening).toBe(0);
  });

  it('has four readers at most, and room again when one has gone', async () => {
    const handler = makeHandler({ pools: [] });
    const readings = await Promise.all([1, 2, 3, 4].map(() => read(handler)));
    const refused = await handler(ask('/v1/events'));
    expect([refused.status, await jsonOf(refused)]).toMatchObject([503, { code: 'too-many-readers' }]);
    readings[0]?.stop();
    expect((await read(handler)).response.status).toBe(200);
  });
});

describe('security rule 4: what is told of an event', () => {
  const secret = `${TOKEN} of somebody`;
  const connection = { password: secret };
  const cause = Object.assign(new Error(`invalid input syntax for type integer: "${secret}"`), {
    code: '22P02',
    severity: 'ERROR',
    detail: secret,
  });

  it.each(ADMIN_EVENTS)(
    '%s has nothing of the connection, nor of what an error was caused by',
    async (event) => {
      const pool = new TellingPool();
      const reading = await read(makeHandler({ pools: [pool] }));
      pool.emit(event, {
        connection,
        secret,
        entryId: 1,
        error: Object.assign(new Error('wrapped', { cause }), { connection, secret }),
      });
      const told = await reading.next();
      expect(told).toContain(`event: ${event}\n`);
      expect(told).not.toContain(TOKEN);
      pool.emit(event, { error: cause });
      expect(await reading.next()).not.toContain(TOKEN);
      reading.stop();
    },
  );
});
