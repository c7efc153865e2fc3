// Security rule 2: who may look may not act.

import { describe, expect, it, vi } from 'vitest';
import { TOKEN, act, ask, jsonOf, makeHandler, makePool } from '../test/admin-world.ts';
import { ADMIN_ACTIONS } from './admin-action.ts';
import type { AdminAction } from './admin-action.ts';
import type { AdminPool } from './admin-pool.ts';
import type { AuditEntry } from './audit-ring.ts';

const ALL = { allow: ADMIN_ACTIONS } as const;

/** A pool that offers everything, and says what was done to it. */
function obliging(): AdminPool & { readonly done: unknown[] } {
  const { pool } = makePool();
  const done: unknown[] = [];
  return {
    done,
    name: 'main',
    snapshot: () => pool.snapshot(),
    evict: () => void done.push('evict'),
    suspend: () => void done.push('suspend'),
    resume: () => void done.push('resume'),
    reclaim: () => done.push('reclaim'),
    resize: (to) => void done.push(to),
    terminateOrphans: () => Promise.resolve(done.push('terminate-orphans')),
    on: () => undefined,
  };
}

describe('security rule 2: an action', () => {
  it.each(ADMIN_ACTIONS)(
    '%s is refused unless it was allowed, and says which option allows it',
    async (action) => {
      const pool = obliging();
      const others = ADMIN_ACTIONS.filter((each) => each !== action);
      for (const allow of [undefined, [], others]) {
        const handler = makeHandler({ pools: [pool], ...(allow === undefined ? {} : { allow }) });
        const response = await handler(act('main', action, { size: 3 }));
        expect([response.status, await jsonOf(response)]).toEqual([
          403,
          {
            code: 'not-allowed',
            message: `"${action}" is not allowed here`,
            fix: `set the option allow: ['${action}']`,
          },
        ]);
      }
      expect(pool.done).toEqual([]);
    },
  );

  it.each<[AdminAction, object, unknown]>([
    ['evict', {}, 'evict'],
    ['suspend', {}, 'suspend'],
    ['resume', {}, 'resume'],
    ['reclaim', {}, 'reclaim'],
    ['resize', { size: 3, maxOverflow: 0 }, { size: 3, maxOverflow: 0 }],
    ['terminate-orphans', {}, 'terminate-orphans'],
  ])('%s is taken when it was allowed', async (action, body, done) => {
    const pool = obliging();
    const response = await makeHandler({ pools: [pool], allow: [action] })(act('main', action, body));
    expect(response.status).toBe(200);
    expect(await jsonOf(response)).toMatchObject({ pool: 'main', action, arguments: body, outcome: 'done' });
    expect(pool.done).toEqual([done]);
  });

  it('works on the core’s own pool', async () => {
    const { pool } = makePool({ name: 'a/b ü' });
    const handler = makeHandler({ pools: [pool], ...ALL });
    await handler(act('a/b ü', 'suspend'));
    expect(pool.snapshot().state).toBe('suspended');
    await handler(act('a/b ü', 'resume'));
    expect(pool.snapshot().state).toBe('open');
  });

  it('that the pool does not offer is 501', async () => {
    const { pool } = makePool();
    const response = await makeHandler({ pools: [pool], ...ALL })(act('main', 'terminate-orphans'));
    expect([response.status, await jsonOf(response)]).toMatchObject([501, { code: 'not-offered' }]);
  });

  it('is never taken by a GET', async () => {
    const pool = obliging();
    const response = await makeHandler({ pools: [pool], ...ALL })(ask('/v1/pools/main/evict'));
    expect([response.status, response.headers.get('allow')]).toEqual([405, 'POST']);
    expect(pool.done).toEqual([]);
  });

  it.each(['snapshot', 'close', 'query', 'end', 'constructor', '__proto__', 'toString', 'Evict'])(
    '%s is none: there is a fixed table',
    async (action) => {
      const pool = obliging();
      const response = await makeHandler({ pools: [pool], ...ALL })(act('main', action));
      expect(response.status).toBe(404);
      expect(pool.done).toEqual([]);
    },
  );

  it('on a name that two pools have is refused', async () => {
    const pools = [obliging(), obliging()];
    const response = await makeHandler({ pools, ...ALL })(act('main', 'evict'));
    expect([response.status, await jsonOf(response)]).toMatchObject([409, { code: 'ambiguous-pool' }]);
    expect(pools.flatMap(({ done }) => done)).toEqual([]);
  });

  it('that fails says so', async () => {
    const pool = { ...obliging(), evict: () => Promise.reject(new Error('too late')) };
    const response = await makeHandler({ pools: [pool], ...ALL })(act('main', 'evict'));
    expect([response.status, await jsonOf(response)]).toMatchObject([
      500,
      { code: 'action-failed', message: 'too late' },
    ]);
  });
});

describe('security rule 2: the body of an action', () => {
  it.each<[string, AdminAction, unknown]>([
    ['a key that is not known', 'evict', { force: true }],
    ['a key that is not known beside one that is', 'resize', { size: 3, sql: 'drop table orders' }],
    ['__proto__', 'resize', '{"size":3,"__proto__":{"size":9}}'],
    ['constructor', 'evict', { constructor: 1 }],
    ['nothing to resize to', 'resize', {}],
    ['a size of 0', 'resize', { size: 0 }],
    ['a text for a number', 'resize', { size: '3' }],
    ['a fraction', 'resize', { size: 1.5 }],
    ['a size beyond all reason', 'resize', { size: 1e9 }],
    ['an infinite size', 'resize', '{"size":1e999}'],
    ['a list', 'evict', []],
    ['null', 'evict', 'null'],
    ['half of a JSON', 'evict', '{'],
    ['20,000 brackets', 'evict', '['.repeat(20_000)],
  ])('with %s is refused', async (_, action, body) => {
    const pool = obliging();
    const response = await makeHandler({ pools: [pool], ...ALL })(act('main', action, body));
    const answer = await jsonOf(response);
    expect([response.status, answer]).toMatchObject([400, { code: 'bad-body' }]);
    expect(JSON.stringify(answer)).not.toContain('drop table');
    expect(pool.done).toEqual([]);
  });

  it.each([
    ['resize', 'send a JSON object with "size" (1 to 10000), "maxOverflow" (0 to 10000), or one of them'],
    ['evict', 'send {}, or nothing'],
  ])('that are wrong for %s are answered with those that are right', async (action, fix) => {
    const handle = makeHandler({ pools: [obliging()], ...ALL });
    expect(await jsonOf(await handle(act('main', action, { force: true })))).toMatchObject({ fix });
  });

  it('of more than 64 kB is refused, before all of it has come', async () => {
    let sent = 0;
    const endless = new ReadableStream<Uint8Array>({
      pull: (controller) => {
        sent += 16_384;
        controller.enqueue(new Uint8Array(16_384).fill(32));
      },
    });
    const request = ask('/v1/pools/main/evict', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: endless,
      duplex: 'half',
    });
    const response = await makeHandler({ pools: [obliging()], ...ALL })(request);
    expect([response.status, await jsonOf(response)]).toMatchObject([413, { code: 'body-too-large' }]);
    expect(sent).toBeLessThan(1_000_000);
  });

  it('that a form could have sent is refused', async () => {
    for (const type of ['text/plain', 'application/x-www-form-urlencoded', 'application/jsonp']) {
      const request = act('main', 'evict', '{}', { headers: { 'content-type': type } });
      expect((await makeHandler({ pools: [obliging()], ...ALL })(request)).status).toBe(415);
    }
  });
});

describe('security rule 2: the audit', () => {
  it('has each attempt, with its time, arguments, outcome and way in', async () => {
    const log = vi.fn<(entry: AuditEntry) => void>();
    const handler = makeHandler({ pools: [obliging()], allow: ['resize', 'reclaim'], log });
    await handler(act('main', 'resize', { size: 4 }));
    await handler(act('main', 'reclaim'));
    await handler(act('main', 'evict'));
    await handler(act('other', 'resize', { size: 4 }));
    await handler(act('main', 'resize', { size: -1, password: TOKEN }));
    const { entries } = (await jsonOf(await handler(ask('/v1/audit')))) as { entries: unknown[] };
    const at = expect.stringMatching(/^2026-/) as unknown;
    expect(entries).toEqual([
      { at, pool: 'main', action: 'resize', arguments: { size: 4 }, outcome: 'done', peer: 'mounted' },
      { at, pool: 'main', action: 'reclaim', arguments: {}, outcome: 'done', count: 2, peer: 'mounted' },
      {
        at,
        pool: 'main',
        action: 'evict',
        arguments: {},
        outcome: 'refused',
        code: 'not-allowed',
        peer: 'mounted',
      },
      {
        at,
        pool: 'other',
        action: 'resize',
        arguments: {},
        outcome: 'refused',
        code: 'unknown-pool',
        peer: 'mounted',
      },
      {
        at,
        pool: 'main',
        action: 'resize',
        arguments: {},
        outcome: 'refused',
        code: 'bad-body',
        peer: 'mounted',
      },
    ]);
    expect(log.mock.calls.map(([entry]) => entry)).toMatchObject(entries);
  });

  it('has nothing of those who may not even look', async () => {
    const handler = makeHandler({ pools: [obliging()], ...ALL });
    await handler(act('main', 'evict', {}, { headers: { authorization: 'Bearer wrong-wrong-wrong' } }));
    expect(await jsonOf(await handler(ask('/v1/audit')))).toEqual({ entries: [] });
  });

  it('keeps the last hundred, and survives a log that throws', async () => {
    const pool = obliging();
    const handler = makeHandler({
      pools: [pool],
      ...ALL,
      log: () => {
        throw new Error('disk full');
      },
    });
    for (let size = 1; size <= 130; size += 1) await handler(act('main', 'resize', { size }));
    const { entries } = (await jsonOf(await handler(ask('/v1/audit')))) as { entries: AuditEntry[] };
    expect(entries).toHaveLength(100);
    expect(entries.at(-1)?.arguments).toEqual({ size: 130 });
    expect(pool.done).toHaveLength(130);
  });

  it('shows a name that forges a line as one line', async () => {
    const handler = makeHandler({ pools: [obliging()], ...ALL });
    await handler(act('main\n2026 forged \u001b[2J', 'evict'));
    const body = await (await handler(ask('/v1/audit'))).text();
    expect(body).toContain(String.raw`main\\u{a}2026 forged \\u{1b}[2J`);
  });
});
