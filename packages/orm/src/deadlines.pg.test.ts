import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Session } from '@lifeguard/core';
import type { LifeguardPool } from '@lifeguard/pg';
import { describe, expect, it } from 'vitest';
import type { Tx } from '../test/layer.ts';
import { LAYERS } from '../test/layers/index.ts';
import { rejectionOf, until, useDatabase } from '../test/rig.ts';

const database = useDatabase();
const LIMIT_MS = 400;
const timedOut = { code: 'LG_SESSION_TIMEOUT' };
const over = ({ signal }: Session) => once(signal, 'abort');
const forever = () => new Promise<never>(() => undefined);
const lengthy = (tx: Tx) => tx.run('select pg_sleep(30)::text');
const keep = (tx: Tx, name: string) => tx.run(`insert into kept (name) values ('${name}')`);
const ERRORS_BELOW = ['cause', 'driverError'] as const;

type Callback = (tx: Tx, session: Session, pool: LifeguardPool) => Promise<unknown>;

async function killWhatRuns(pool: LifeguardPool): Promise<void> {
  await until('it runs', () => pool.snapshot().leases[0]?.lastQuery?.includes('pg_sleep') === true);
  await database.sql('select pg_terminate_backend($1)', [pool.snapshot().leases[0]?.backendPid]);
}

async function killItsBackend(tx: Tx, pool: LifeguardPool): Promise<void> {
  const [row] = await tx.run('select pg_backend_pid() as pid');
  await database.sql('select pg_terminate_backend($1)', [row?.['pid']]);
  await until('the pool has noticed', () => pool.snapshot().used === 0);
}

/** The codes of an error and of those that it was made of. */
function codesOf(error: unknown): unknown[] {
  if (!(error instanceof Error)) return [];
  const below = ERRORS_BELOW.flatMap((name) => codesOf(Reflect.get(error, name)));
  return [Reflect.get(error, 'code'), ...below];
}

/** What the callback does, and how the promise must end: with our error, with that of the callback, or with a code somewhere in it. */
const scenarios: [string, Callback, object | Error | RegExp][] = [
  ['a query in flight', lengthy, timedOut],
  ['many queries in flight', (tx) => Promise.all([lengthy(tx), lengthy(tx)]), timedOut],
  ['idle, then a query', async (tx, session) => (await over(session), tx.run('select 1')), timedOut],
  [
    'idle, then an error of the callback',
    async (_, session) => (await over(session), Promise.reject(new Error('mine'))),
    timedOut,
  ],
  ['idle, then the commit', async (_, session) => over(session), timedOut],
  ['a callback that never returns', forever, timedOut],
  ['an error in time', () => Promise.reject(new Error('mine')), new Error('mine')],
  [
    'a backend that is ended under its query',
    (tx, _, pool) => Promise.all([lengthy(tx), killWhatRuns(pool)]),
    /57P01/,
  ],
  [
    'a socket that dies, then a query',
    async (tx, _, pool) => (await killItsBackend(tx, pool), tx.run('select 1')),
    /LG_CONNECTION_LOST/,
  ],
  [
    'a socket that dies, then an error of the callback',
    async (tx, _, pool) => (await killItsBackend(tx, pool), Promise.reject(new Error('mine'))),
    new Error('mine'),
  ],
  [
    'a socket that dies, then the commit',
    (tx, _, pool) => killItsBackend(tx, pool),
    { code: 'LG_CONNECTION_LOST' },
  ],
];

describe.each(LAYERS)('a managed transaction of $name', (layer) => {
  it.each(scenarios)('with %s ends in time, and leaves nothing behind', async (_, callback, expected) => {
    const { orm, pool, backends } = await database.open(layer, { max: 1 });
    const timeoutMs = expected === timedOut ? LIMIT_MS : 20_000;
    const startedAt = performance.now();
    const error = await rejectionOf(
      orm.managed({ timeoutMs }, async (tx, session) => {
        await keep(tx, 'not kept');
        return callback(tx, session, pool);
      }),
    );
    expect(performance.now() - startedAt).toBeLessThan(LIMIT_MS + 2_000);
    if (expected instanceof RegExp) expect(codesOf(error).join(' ')).toMatch(expected);
    else if (expected instanceof Error) expect(error.message).toBe(expected.message);
    else expect(error).toMatchObject(expected);
    await until('the slot is free', () => pool.snapshot().used === 0);
    await until('nothing runs', async () => (await backends()).every(({ state }) => state === 'idle'));
    // The only connection serves the next one, also while the callback still runs.
    expect(await orm.managed({}, (tx) => tx.run('select name from kept'))).toEqual([]);
  });

  it('commits what ends in time, with the result of the callback, and gives its connection back', async () => {
    const { orm, pool } = await database.open(layer);
    const result = await orm.managed({ timeoutMs: 5_000 }, async (tx) => {
      await keep(tx, 'a');
      return 'result';
    });
    expect(result).toBe('result');
    expect(await database.kept()).toEqual(['a']);
    expect(pool.snapshot()).toMatchObject({ used: 0, counters: { revoked: 0 } });
  });

  it('waits for a connection no longer than its limit', async () => {
    const { orm, pool } = await database.open(layer, { max: 1 });
    await using lease = await pool.lease();
    expect(await rejectionOf(orm.managed({ timeoutMs: 100 }, () => 1))).toMatchObject(timedOut);
    expect(pool.snapshot().pending).toBe(0);
    lease.release();
  });

  it('is turned away by the pool with the report of the pool', async () => {
    const { orm, pool } = await database.open(layer, { max: 1, acquireTimeoutMs: 100 });
    await using lease = await pool.lease();
    const error = await rejectionOf(orm.managed({ timeoutMs: 5_000 }, () => 1));
    expect(error).toMatchObject({ code: 'LG_ACQUIRE_TIMEOUT', pool: { used: 1 } });
    expect(error.message).toContain('holders');
    lease.release();
  });

  it('ends with the reason of a signal that aborts', async () => {
    const { orm } = await database.open(layer);
    const reason = new Error('the client has gone');
    expect(await rejectionOf(orm.managed({ signal: AbortSignal.abort(reason) }, () => 1))).toBe(reason);
  });

  it('whose BEGIN fails runs nothing, and loses no connection', async () => {
    const { orm, pool } = await database.open(layer, { max: 1 });
    await orm.managed({}, (tx) => tx.run('select 1'));
    let hasRun = false;
    pool.once('acquire', (client) => void Reflect.get(client, 'connection').stream.destroy());
    const error = await rejectionOf(orm.managed({}, () => void (hasRun = true)));
    expect(error).toMatchObject({ code: 'LG_CONNECTION_LOST' });
    expect(hasRun).toBe(false);
    await orm.managed({}, (tx) => tx.run('select 1'));
  });

  it('rejects with what the callback throws at once, or with nothing', async () => {
    const { orm } = await database.open(layer);
    const mine = new Error('mine');
    const fn = (): never => {
      throw mine;
    };
    expect(await rejectionOf(orm.managed({}, fn))).toBe(mine);
    await expect(orm.managed({}, () => Promise.reject())).rejects.toBeUndefined();
  });

  it.each(['read committed', 'repeatable read', 'serializable'] as const)(
    'has the isolation level %s when it asks for it',
    async (isolationLevel) => {
      const { orm } = await database.open(layer);
      const rows = await orm.managed({ isolationLevel }, (tx) => tx.run('show transaction_isolation'));
      expect(rows).toEqual([{ transaction_isolation: isolationLevel }]);
    },
  );

  it.each(['read only', 'read write'] as const)('is %s when it asks to be', async (accessMode) => {
    const { orm } = await database.open(layer, {
      options: `-c default_transaction_read_only=${accessMode === 'read write' ? 'on' : 'off'}`,
    });
    const rows = await orm.managed({ accessMode, isolationLevel: 'serializable' }, (tx) =>
      tx.run(
        'select current_setting($$transaction_read_only$$) as mode, current_setting($$transaction_isolation$$) as level',
      ),
    );
    expect(rows).toEqual([{ mode: accessMode === 'read only' ? 'on' : 'off', level: 'serializable' }]);
  });

  it('shows its leases under its name and tags', async () => {
    const { orm, pool } = await database.open(layer);
    await orm.managed({ name: 'create order', tags: { tenant: 'acme' } }, async (tx) => {
      await tx.run('select 1');
      const [lease] = pool.snapshot().leases;
      expect(lease?.session).toMatchObject({ name: 'create order', tags: { tenant: 'acme' } });
    });
  });

  it('is warned of, or refused, when its callback takes a second connection', async () => {
    const { orm, pool } = await database.open(layer, { nestedAcquire: 'error' });
    await orm.managed({}, async (tx) => {
      await tx.run('select 1');
      const asked = orm.run('select 1');
      // The global manager of MikroORM is the one of the transaction there.
      if (layer.name === 'MikroORM') await asked;
      else expect(codesOf(await rejectionOf(asked))).toContain('LG_NESTED_ACQUIRE');
      expect(pool.snapshot().used).toBe(1);
    });
  });

  it('tells the server how long it may take', async () => {
    const { orm } = await database.open(layer);
    const [row] = await orm.managed({ timeoutMs: 60_000 }, (tx) =>
      tx.run('select current_setting($$statement_timeout$$) as limit'),
    );
    expect(Number.parseInt(String(row?.['limit']), 10)).toBeGreaterThan(0);
  });

  it('that caught the error of a statement does not pretend to have committed', async () => {
    const { orm } = await database.open(layer);
    const error = await rejectionOf(
      orm.managed({}, async (tx) => {
        await keep(tx, 'a');
        await keep(tx, 'a').catch(() => undefined);
        await tx.run('select 1').catch(() => undefined);
      }),
    );
    expect(error).toMatchObject({ code: 'LG_COMMIT_ROLLED_BACK', cause: { code: '23505' } });
    expect(await database.kept()).toEqual([]);
  });

  it('waits for a query that nobody awaits, and does not pretend either when that fails', async () => {
    const { orm } = await database.open(layer);
    await orm.managed({}, async (tx) => {
      await tx.run('select 1');
      void tx.run(`insert into kept (name) select 'late' from pg_sleep(0.05)`);
      await sleep(10);
    });
    expect(await database.kept()).toEqual(['late']);
    const error = await rejectionOf(
      orm.managed({}, async (tx) => {
        await keep(tx, 'a');
        void tx.run('select 1 / 0 from pg_sleep(0.05)').catch(() => undefined);
        await sleep(10);
      }),
    );
    expect(error).toMatchObject({ code: 'LG_COMMIT_ROLLED_BACK', cause: { code: '22012' } });
    expect(await database.kept()).toEqual(['late']);
  });

  it('refuses what comes after its end, also while its connection serves another one', async () => {
    const { orm } = await database.open(layer, { max: 1 });
    const next = Promise.withResolvers<void>();
    const late = Promise.withResolvers<unknown>();
    await orm.managed({}, async (tx) => {
      await tx.run('select 1');
      void next.promise.then(() => late.resolve(rejectionOf(keep(tx, 'late'))));
    });
    await orm.managed({}, async (tx) => {
      await keep(tx, 'in time');
      next.resolve();
      expect(await late.promise).toBeInstanceOf(Error);
    });
    expect(await database.kept()).toEqual(['in time']);
  });

  it('rejects with the error of a COMMIT that fails', async () => {
    const { orm } = await database.open(layer);
    const error = await rejectionOf(orm.managed({}, (tx) => tx.run('insert into child values (77)')));
    expect(codesOf(error)).toContain('23503');
  });

  it('keeps its session beside others', async () => {
    const { orm, pool } = await database.open(layer, { max: 4 });
    const names = ['a', 'b', 'c', 'd'];
    await Promise.all(
      names.map((name) =>
        orm.managed({ name }, async (tx, session) => {
          expect(session.name).toBe(name);
          await tx.run('select pg_sleep(0.05)');
          await keep(tx, name);
        }),
      ),
    );
    expect(new Set(await database.kept())).toEqual(new Set(names));
    expect(pool.snapshot().used).toBe(0);
  });

  it('is refused over what is not our pool, and says what to do', async () => {
    const error = await rejectionOf(Promise.resolve(layer.elsewhere(database.url())));
    expect(error).toMatchObject({ code: 'LG_UNSUPPORTED' });
    expect(error.message).toMatch(/LifeguardPool[^]*fix/);
  });

  it.each([
    ['timeoutMs', { timeoutMs: -1 }],
    ['retry.limit', { retry: { limit: -1 } }],
    ['isolationLevel', { isolationLevel: 'serializable; drop table kept' }],
    ['accessMode', { accessMode: 'write only' }],
  ])('refuses %s that is none', async (name, options) => {
    const { orm } = await database.open(layer);
    const error = await rejectionOf(orm.managed(options as object, () => 1));
    expect(error).toMatchObject({ code: 'LG_INVALID_OPTION' });
    expect(error.message).toContain(name);
  });
});
