import { readFileSync } from 'node:fs';
import process from 'node:process';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { PoolDiagnostics } from '@lifeguard/core';
import { ManualClock, settle } from '@lifeguard/core/testing';
import { prometheusText } from '@lifeguard/metrics';
import { TOKEN, act, ask, expectSafeHeaders, jsonOf, makeHandler, makePool } from '../test/admin-world.ts';
import { adminHandler } from './admin-handler.ts';
import type { AdminOptions } from './admin-options.ts';
import type { AdminPool } from './admin-pool.ts';
import { ADMIN_VERSION } from './version.ts';

const get = async (options: AdminOptions, path: string): Promise<[number, unknown]> => {
  const response = await makeHandler(options)(ask(path));
  return [response.status, await jsonOf(response)];
};

describe('GET /v1', () => {
  it('says what there is, who it is and what may be done', async () => {
    const { pool } = makePool({ name: 'main' });
    const [status, body] = await get(
      { pools: [pool], name: 'orders', allow: ['evict'], prefix: '/lg' },
      '/lg/v1',
    );
    expect(status).toBe(200);
    expect(body).toMatchObject({
      schemaVersion: 1,
      name: 'orders',
      pid: process.pid,
      versions: { admin: ADMIN_VERSION, node: process.versions.node },
      routes: expect.arrayContaining(['/lg/v1', '/lg/v1/snapshot', '/lg/v1/events', '/lg/v1/audit']),
      capabilities: { metrics: true, allow: ['evict'] },
      pools: [
        { name: 'main', diagnosis: true, actions: ['evict', 'suspend', 'resume', 'reclaim', 'resize'] },
      ],
    });
  });

  it('names the version of the package', () => {
    const manifest = readFileSync(new URL('../package.json', import.meta.url), 'utf8');
    expect(JSON.parse(manifest)).toMatchObject({ version: ADMIN_VERSION });
  });
});

describe('GET /v1/snapshot', () => {
  it('is the snapshots of all pools, or of one', async () => {
    const pools = [makePool({ name: 'a' }).pool, makePool({ name: 'b' }).pool];
    const all = await get({ pools }, '/v1/snapshot');
    expect(all).toEqual([200, { schemaVersion: 1, pools: [plain(pools[0]), plain(pools[1])], omitted: [] }]);
    expect(await get({ pools }, '/v1/snapshot?pool=b')).toMatchObject([200, { pools: [{ name: 'b' }] }]);
  });

  it('of a pool that is not there names those that are', async () => {
    const pools = [makePool({ name: 'a' }).pool, makePool({ name: 'b' }).pool];
    expect(await get({ pools }, '/v1/snapshot?pool=c')).toEqual([
      404,
      {
        code: 'unknown-pool',
        message: 'there is no pool of this name; there are "a", "b"',
        fix: 'ask for one of those',
      },
    ]);
  });

  it('leaves out pools that would make the answer too long, and names them', async () => {
    const long = { ...plain(makePool().pool), lastConnectError: 'x'.repeat(1_800_000) };
    const pools = ['a', 'b', 'c'].map((name) =>
      fakePool({ name, snapshot: () => ({ ...long, name }) as never }),
    );
    const [status, body] = await get({ pools }, '/v1/snapshot');
    expect(status).toBe(200);
    expect(body).toMatchObject({ pools: [{ name: 'a' }, { name: 'b' }], omitted: ['c'] });
  });

  it('asks for the pools each time', async () => {
    const pools = [makePool({ name: 'a' }).pool];
    const handler = makeHandler({ pools: () => pools });
    pools.push(makePool({ name: 'later' }).pool);
    expect(await jsonOf(await handler(ask('/v1/snapshot?pool=later')))).toMatchObject({ omitted: [] });
  });

  it('of a pool that throws is an answer all the same', async () => {
    const broken = fakePool({
      snapshot: () => {
        throw new Error('broken');
      },
    });
    expect(await get({ pools: [broken] }, '/v1/snapshot')).toMatchObject([
      500,
      { code: 'failed', message: 'broken' },
    ]);
  });
});

describe('GET /v1/diagnosis', () => {
  const diagnosis = { health: 'healthy', pool: { name: 'advised' } } as unknown as PoolDiagnostics;

  it('is that of each pool that offers one', async () => {
    const pools = [
      fakePool({ name: 'advised', diagnostics: () => Promise.resolve(diagnosis) }),
      fakePool({ name: 'main' }),
    ];
    expect(await get({ pools }, '/v1/diagnosis')).toMatchObject([
      200,
      { pools: [diagnosis, { name: 'main', unavailable: expect.any(String) }] },
    ]);
  });

  it('of none is 501, with what to ask for instead', async () => {
    expect(await get({ pools: [fakePool({})] }, '/v1/diagnosis')).toMatchObject([
      501,
      { code: 'not-offered' },
    ]);
  });

  it('of a pool that fails does not hide that of another', async () => {
    const failing = fakePool({ name: 'failing', diagnostics: () => Promise.reject(new Error('no server')) });
    const pools = [failing, fakePool({ name: 'advised', diagnostics: () => diagnosis })];
    expect(await get({ pools }, '/v1/diagnosis')).toMatchObject([
      200,
      { pools: [{ name: 'failing', unavailable: 'no server' }, diagnosis] },
    ]);
  });

  it('is not waited for for ever', async () => {
    const clock = new ManualClock();
    const hanging = fakePool({ diagnostics: () => new Promise(() => undefined) });
    const answered = makeHandler({ pools: [hanging], clock })(ask('/v1/diagnosis'));
    await settle();
    await clock.advance(5_000);
    expect(await jsonOf(await answered)).toMatchObject({
      pools: [{ unavailable: 'it has not answered within 5000 ms' }],
    });
  });
});

describe('GET /v1/leaks', () => {
  it('is what is suspected, and what was reported', async () => {
    const { pool, clock } = makePool({ leakThresholdMs: 1_000 });
    const lease = await pool.acquire();
    onTestFinished(() => lease.release());
    await clock.advance(5_000);
    expect(await get({ pools: [pool] }, '/v1/leaks')).toMatchObject([
      200,
      {
        pools: [{ name: 'main', suspected: [{ suspected: true }], reports: [{ code: 'LG_LEAK_SUSPECTED' }] }],
      },
    ]);
  });
});

describe('GET /v1/health', () => {
  const health = (...pools: AdminPool[]): Promise<[number, unknown]> => get({ pools }, '/v1/health');

  it('is 200 for a pool that serves', async () => {
    expect(await health(makePool().pool)).toMatchObject([
      200,
      { status: 'healthy', pools: [{ name: 'main', status: 'healthy', reasons: [], usage: 0 }] },
    ]);
  });

  it('is 200 and degraded for a pool that is suspended, or whose callers wait', async () => {
    const { pool: suspended } = makePool();
    suspended.suspend();
    expect(await health(suspended)).toMatchObject([200, { status: 'degraded' }]);

    const { pool: full, clock } = makePool({ size: 1 });
    const lease = await full.acquire();
    const waiting = full.acquire();
    expect(await health(full)).toMatchObject([
      200,
      {
        status: 'degraded',
        pools: [{ reasons: ['all 1 connections are in use, 1 callers wait'], usage: 1 }],
      },
    ]);
    lease.release();
    (await waiting).release();
    await clock.advance(0);
  });

  it('is 503 for a pool that is closed, also beside one that serves', async () => {
    const { pool: closed, clock } = makePool({ name: 'closed' });
    const closing = closed.close();
    await clock.advance(10_000);
    await closing;
    expect(await health(makePool().pool, closed)).toMatchObject([
      503,
      { status: 'unavailable', pools: [{ status: 'healthy' }, { reasons: ['the pool is closed'] }] },
    ]);
  });

  it('is 503 when nothing can be connected to, and nothing is connected', async () => {
    const snapshot = { ...plain(makePool().pool), lastConnectError: 'connect ECONNREFUSED' };
    const failing = fakePool({ snapshot: () => snapshot as never });
    expect(await health(failing)).toMatchObject([503, { status: 'unavailable' }]);
    const live = fakePool({ snapshot: () => ({ ...snapshot, idle: 1 }) as never });
    expect(await health(live)).toMatchObject([200, { status: 'degraded' }]);
  });
});

describe('GET /v1/metrics', () => {
  it('is the text that the application makes', async () => {
    const handler = makeHandler({ pools: [], metrics: () => 'lifeguard_used{pool="main"} 1\n' });
    const response = await handler(ask('/v1/metrics'));
    expectSafeHeaders(response);
    expect(response.headers.get('content-type')).toBe('text/plain; version=0.0.4; charset=utf-8');
    expect(await response.text()).toBe('lifeguard_used{pool="main"} 1\n');
  });

  it('is, unless it makes one, that of all pools that are shown', async () => {
    const pools = [makePool().pool, makePool({ name: 'jobs' }).pool];
    const response = await makeHandler({ pools: () => pools })(ask('/v1/metrics'));
    expect(await response.text()).toBe(prometheusText(pools));
    expect(response.headers.get('content-type')).toBe('text/plain; version=0.0.4; charset=utf-8');
  });

  it('is OpenMetrics for whoever asks for that, unless the application makes its own', async () => {
    const pools = [makePool().pool];
    const accept = 'application/openmetrics-text;version=1.0.0,text/plain;version=0.0.4;q=0.5';
    const response = await makeHandler({ pools })(ask('/v1/metrics', { headers: { accept } }));
    expectSafeHeaders(response);
    expect(response.headers.get('content-type')).toBe(
      'application/openmetrics-text; version=1.0.0; charset=utf-8',
    );
    expect(await response.text()).toBe(prometheusText(pools, { format: 'openmetrics' }));
    const own = await makeHandler({ pools, metrics: () => 'up 1\n' })(
      ask('/v1/metrics', { headers: { accept } }),
    );
    expect(own.headers.get('content-type')).toBe('text/plain; version=0.0.4; charset=utf-8');
  });

  it('is not there when it was turned off', async () => {
    const off = { pools: [makePool().pool], metrics: false } as const;
    expect(await get(off, '/v1/metrics')).toMatchObject([404, { code: 'no-metrics' }]);
    expect(await get(off, '/v1')).toMatchObject([200, { capabilities: { metrics: false } }]);
    expect(() => makeHandler({ pools: [], metrics: true as never })).toThrow('a function, or false');
  });
});

describe('whatever is asked besides', () => {
  it.each(['/', '/v2', '/v1/constructor', '/v1/__proto__', '/v1/', '/v1/snapshot/', '/V1'])(
    'GET %s is 404',
    async (path) => {
      expect(await get({ pools: [] }, path)).toMatchObject([404, { code: 'no-such-route' }]);
    },
  );

  it.each(['?', '?pool=a&pool=b', '?token=abc', '?pool=main&token=abc'].slice(1))(
    'GET /v1/snapshot%s is 400: the query names one pool, and never a token',
    async (query) => {
      const pools = [makePool().pool];
      expect(await get({ pools }, `/v1/snapshot${query}`)).toMatchObject([400, { code: 'bad-query' }]);
    },
  );

  it.each(['POST', 'PUT', 'DELETE', 'OPTIONS', 'PATCH'])('%s /v1/snapshot is 405', async (method) => {
    const response = await makeHandler({ pools: [] })(ask('/v1/snapshot', { method }));
    expect(response.status).toBe(405);
    expect(response.headers.get('allow')).toBe('GET');
    expect(await jsonOf(response)).toMatchObject({ code: 'method-not-allowed' });
  });

  it('outside of the prefix is 404', async () => {
    expect(await get({ pools: [], prefix: '/lifeguard' }, '/v1')).toMatchObject([
      404,
      { code: 'no-such-route' },
    ]);
    expect(await get({ pools: [], prefix: '/lifeguard' }, '/lifeguards/v1')).toMatchObject([404, {}]);
  });

  it('with a URL of more than 2,048 characters is 414', async () => {
    expect(await get({ pools: [] }, `/v1?pool=${'x'.repeat(2_048)}`)).toMatchObject([
      414,
      { code: 'url-too-long' },
    ]);
  });
});

describe('an option', () => {
  it.each<[string, object]>([
    ['pools', { pools: 1 }],
    ['prefix', { prefix: 'lifeguard' }],
    ['allow', { allow: ['drop-database'] }],
    ['allow', { allow: ['__proto__'] }],
    ['token', { token: 'short' }],
    ['token', { token: undefined }],
    ['hosts', { hosts: ['http://app.internal'] }],
    ['name', { name: 'two\nlines' }],
    ['heartbeatMs', { heartbeatMs: 0 }],
    ['transport', { transport: 'tcp' }],
    ['tokn', { tokn: 'a misspelt token does not open a door' }],
  ])('%s that is not what it may be is refused: %j', (option, wrong) => {
    const options = { pools: [], token: TOKEN, ...wrong } as AdminOptions;
    if (options.token === undefined) delete (options as { token?: string }).token;
    expect(() => adminHandler(options)).toThrow(
      expect.objectContaining({ code: 'LG_INVALID_OPTION', option }),
    );
  });

  it('that is refused is not repeated: it may be a token', () => {
    expect(() => adminHandler({ pools: [], token: 'short-secret' })).not.toThrow(/short-secret/);
  });
});

it('an action of a pool that does not exist is refused as well', async () => {
  const response = await makeHandler({ pools: [], allow: ['evict'] })(act('main', 'evict'));
  expect([response.status, await jsonOf(response)]).toMatchObject([404, { code: 'unknown-pool' }]);
});

function plain(pool: AdminPool | undefined): object {
  return JSON.parse(JSON.stringify(pool?.snapshot())) as object;
}

function fakePool(parts: Partial<AdminPool>): AdminPool {
  const { pool } = makePool();
  return {
    name: parts.name ?? 'main',
    snapshot: () => pool.snapshot(),
    evict: () => undefined,
    suspend: () => undefined,
    resume: () => undefined,
    on: () => undefined,
    ...parts,
  };
}
