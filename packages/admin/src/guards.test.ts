// Security rule 3: who may ask, where strangers can reach the route.

import { describe, expect, it } from 'vitest';
import { TOKEN, act, ask, jsonOf, makeHandler, makePool } from '../test/admin-world.ts';
import { adminHandler } from './admin-handler.ts';
import type { AdminOptions } from './admin-options.ts';

type Headers = Readonly<Record<string, string>>;

const outcome = async (headers: Headers, options: Partial<AdminOptions> = {}): Promise<[number, unknown]> => {
  const { pool } = makePool();
  const response = await makeHandler({ pools: [pool], ...options })(ask('/v1/health', { headers }));
  return [response.status, await jsonOf(response)];
};

describe('security rule 3: the Host header', () => {
  it.each(['localhost', 'localhost:3000', 'LOCALHOST', '127.0.0.1:9090', '[::1]', '[::1]:3000'])(
    '%s is the loopback, and served',
    async (host) => {
      expect(await outcome({ host })).toMatchObject([200, {}]);
    },
  );

  it.each([
    'evil.example',
    'evil.example:3000',
    'localhost6',
    'localhost.evil.example',
    'evil.example.localhost',
    'localhost.',
    '127.0.0.1.nip.io',
    '0.0.0.0',
    '127.1',
    '[::]',
    'localhost:',
    'localhost:123456',
    'localhost@evil.example',
    '',
  ])('%j is a stranger’s name, and answered with 421 (DNS rebinding)', async (host) => {
    expect(await outcome({ host })).toMatchObject([421, { code: 'host-not-allowed' }]);
  });

  it('of a list is taken exactly, with its port if it names one', async () => {
    const hosts = ['app.internal:8443', 'admin.internal'];
    expect(await outcome({ host: 'app.internal:8443' }, { hosts })).toMatchObject([200, {}]);
    expect(await outcome({ host: 'admin.internal:1' }, { hosts })).toMatchObject([200, {}]);
    for (const host of ['app.internal', 'app.internal:8444', 'x.admin.internal', 'localhost'])
      expect(await outcome({ host }, { hosts })).toMatchObject([421, {}]);
  });
});

describe('security rule 3: a page of another origin', () => {
  it.each<Headers>([
    { origin: 'https://evil.example' },
    { origin: 'null' },
    { origin: 'http://localhost:3000' },
    { origin: 'http://localhost@evil.example' },
    { origin: 'file://localhost' },
    { 'sec-fetch-site': 'cross-site' },
    { 'sec-fetch-site': 'same-site' },
    { 'sec-fetch-site': 'nonsense' },
    { origin: 'http://localhost', 'sec-fetch-site': 'cross-site' },
  ])('that sends %j is refused', async (headers) => {
    expect(await outcome(headers)).toMatchObject([403, { code: 'foreign-origin' }]);
  });

  it.each<Headers>([
    { origin: 'http://localhost' },
    { origin: 'https://localhost' },
    { 'sec-fetch-site': 'same-origin' },
    { 'sec-fetch-site': 'none' },
    {},
  ])('is not meant by %j', async (headers) => {
    expect(await outcome(headers)).toMatchObject([200, {}]);
  });

  it('is refused by the socket’s transport too: a socket may be forwarded to a port', async () => {
    const handler = adminHandler({ pools: [], transport: 'socket' });
    const status = async (headers: Headers): Promise<number> =>
      (await handler(new Request('http://localhost/v1', { headers: { host: 'localhost', ...headers } })))
        .status;
    expect(await status({})).toBe(200);
    expect(await status({ origin: 'https://evil.example' })).toBe(403);
    expect(await status({ host: 'evil.example' })).toBe(421);
  });

  it('gets no header that lets it read an answer', async () => {
    const { pool } = makePool();
    const handler = makeHandler({ pools: [pool] });
    // jsonOf looks at the headers of each.
    await jsonOf(await handler(ask('/v1', { method: 'OPTIONS', headers: { origin: 'http://localhost' } })));
  });
});

describe('security rule 3: the token', () => {
  it.each<Headers>([
    { authorization: '' },
    { authorization: TOKEN },
    { authorization: `Basic ${TOKEN}` },
    { authorization: `Bearer ${TOKEN}x` },
    { authorization: `Bearer ${TOKEN.slice(0, -1)}` },
    { authorization: `Bearer ${TOKEN.toUpperCase()}` },
    { authorization: 'Bearer ' },
    { authorization: `Bearer ${'x'.repeat(5_000)}` },
    { authorization: '', cookie: `token=${TOKEN}; authorization=Bearer ${TOKEN}` },
  ])('is not in %j, which is answered with 401', async (headers) => {
    const [status, body] = await outcome(headers);
    expect([status, body]).toMatchObject([401, { code: 'not-authorized' }]);
    expect(JSON.stringify(body)).not.toContain(TOKEN);
  });

  it('in a URL does not count, and is refused as part of one', async () => {
    const handler = makeHandler({ pools: [] });
    const without = await handler(ask(`/v1?token=${TOKEN}`, { headers: { authorization: '' } }));
    expect(without.status).toBe(401);
    expect((await handler(ask(`/v1?token=${TOKEN}`))).status).toBe(400);
  });

  it('may be replaced by a function, whose error is a no', async () => {
    const status = async (authorize: NonNullable<AdminOptions['authorize']>): Promise<number> =>
      (await adminHandler({ pools: [], authorize })(ask('/v1'))).status;
    expect(await status(() => true)).toBe(200);
    expect(await status(() => Promise.resolve(true))).toBe(200);
    expect(await status(() => false)).toBe(401);
    expect(await status(() => 'yes' as never)).toBe(401);
    expect(await status(() => Promise.reject(new Error('no')))).toBe(401);
  });

  it('and such a function are both asked where there are both', async () => {
    const handler = makeHandler({ pools: [], authorize: () => false });
    expect((await handler(ask('/v1'))).status).toBe(401);
  });

  it('is asked for before anything else is said or done', async () => {
    const { pool } = makePool();
    const handler = makeHandler({ pools: [pool], allow: ['suspend'] });
    expect((await handler(act('main', 'suspend', {}, { headers: { authorization: '' } }))).status).toBe(401);
    expect((await handler(ask('/nowhere', { headers: { authorization: '' } }))).status).toBe(401);
    expect(pool.snapshot().state).toBe('open');
  });
});
