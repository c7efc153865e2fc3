import type { LeaseOrigin } from './lease-record.ts';
import { describe, expect, it } from 'vitest';
import {
  acquireTimeoutError,
  connectFailedError,
  connectTooSlowError,
  queueFullError,
} from './exhaustion.ts';
import { Session } from './session.ts';
import type { LeaseView } from './snapshot.ts';
import { ManualClock } from './testing/index.ts';
import { busy, caller, counts, lease, rows, scene, times, you } from '../test/scene.ts';

const leaking = times(6, (at) =>
  lease('src/orders.ts', 'createOrder', {
    heldMs: 38_000 + at * 600,
    idleMs: 31_000 + at,
    transaction: 'open',
    queryRunning: false,
    suspected: true,
  }),
);
describe('an acquire that timed out', () => {
  it('says who holds, and that it looks like a leak', () => {
    const error = acquireTimeoutError(scene([...leaking, ...busy]), you);
    expect(String(error)).toBe(
      [
        'LifeguardError [LG_ACQUIRE_TIMEOUT]: no connection from pool "main" within 5s',
        '  pool      9/9 used, 0 idle, 14 pending (oldest 5s)',
        '  you       src/report.ts:18 buildReport',
        '  holders   6× src/orders.ts:42 createOrder  38s–41s  idle in transaction  ← suspected leak',
        '            3× src/report.ts:42 buildReport  200ms–1.1s  active',
        '  likely    leaked connections, not load: 6 of 9 ran no query for over 31s',
        '  fix       wrap src/orders.ts:42 createOrder in managedTransaction(); raising size only delays this',
        '  more      npx -p @lifeguard/cli lifeguard explain LG_ACQUIRE_TIMEOUT',
      ].join('\n'),
    );
    expect(error).toMatchObject({ code: 'LG_ACQUIRE_TIMEOUT', waitedMs: 5_000, pool: { used: 9 } });
    expect(error.holders).toHaveLength(2);
  });

  it('does not call a lease leaked that is used, though it is held for long', () => {
    const used = times(3, () =>
      lease('src/loop.ts', 'run', { heldMs: 90_000, idleMs: 3, queryRunning: false, suspected: true }),
    );
    expect(rows(acquireTimeoutError(scene(used), you), 'likely')).toEqual([
      '  likely    load: connections change hands quickly, and more callers come than they serve',
    ]);
  });

  it('says that the event loop was blocked, when it was', () => {
    expect(rows(acquireTimeoutError(scene(busy, { stalledMs: 3_000 }), you), 'likely', 'fix')).toEqual([
      '  likely    the event loop was blocked for 3s; answers could not be read meanwhile',
      '  fix       move the computation off the event loop; the pool and the database may be well',
    ]);
  });

  it('names as the one to mend the place that leaks most, not the one that holds longest', () => {
    const single = lease('src/mail.ts', 'send', {
      heldMs: 60_000,
      idleMs: 60_000,
      queryRunning: false,
      suspected: true,
    });
    const [fix] = rows(acquireTimeoutError(scene([single, ...leaking]), you), 'fix');
    expect(fix).toContain('wrap src/orders.ts:42 createOrder');
  });

  it('does not put a long wait down to a short stall', () => {
    const [likely] = rows(acquireTimeoutError(scene(busy, { stalledMs: 2_000 }), you), 'likely');
    expect(likely).toBe('  likely    load or slow queries: 3 of 3 are running a query');
  });

  it('says that connections came free too late, when the pool is not full any more', () => {
    const [likely] = rows(acquireTimeoutError(scene([], { counts: { ...counts, used: 2 } }), you), 'likely');
    expect(likely).toBe(
      '  likely    connections came free too late: 2 of 10 are used now, and others waited in front',
    );
  });

  it('measures idleness by the wait, when that was short', () => {
    const held = times(2, () => lease('src/mail.ts', 'send', { idleMs: 150, queryRunning: false }));
    const [likely] = rows(acquireTimeoutError(scene(held, { waitedMs: 200 }), you), 'likely');
    expect(likely).toBe('  likely    connections are held, not used: 2 of 2 ran no query for over 100ms');
  });

  it('says that connections are held without being used, when most are', () => {
    const held = times(2, () =>
      lease('src/mail.ts', 'send', { heldMs: 4_000, idleMs: 1_000, queryRunning: false }),
    );
    expect(
      rows(
        acquireTimeoutError(scene([...held, ...times(1, () => busy[0] as LeaseView)]), you),
        'likely',
        'fix',
      ),
    ).toEqual([
      '  likely    connections are held, not used: 2 of 3 ran no query for over 1s',
      '  fix       release before slow work that needs no database, beginning at src/mail.ts:42 send',
    ]);
  });

  it('says that it looks like load, when half of them or more are at work', () => {
    const held = times(3, () => lease('src/mail.ts', 'send', { idleMs: 1_000, queryRunning: false }));
    const [likely] = rows(acquireTimeoutError(scene([...held, ...busy]), you), 'likely');
    expect(likely).toBe('  likely    load or slow queries: 3 of 6 are running a query');
  });

  it('says that the pool is suspended, whatever else there is', () => {
    expect(rows(acquireTimeoutError(scene(leaking, { suspended: true }), you), 'likely')).toEqual([
      '  likely    the pool is suspended and grants nothing until it is resumed',
    ]);
  });

  it('lists five places and sums up the rest', () => {
    const places = (count: number): string[] =>
      acquireTimeoutError(scene(times(count, (at) => lease(`src/${at}.ts`, 'run', {}))), you).message.split(
        '\n',
      );
    expect(places(5).filter((line) => line.includes('more place'))).toEqual([]);
    expect(places(6)).toContain('            and 1 more place');
    expect(places(9)).toContain('            and 4 more places');
  });

  it('counts what is on its way as well', () => {
    const moving = { ...counts, used: 6, connecting: 1, resetting: 2, closing: 1 };
    expect(rows(acquireTimeoutError(scene([], { counts: moving }), you), 'pool', 'holders')).toEqual([
      '  pool      6/10 used, 0 idle, 1 connecting, 2 resetting, 1 closing, 14 pending (oldest 5s)',
    ]);
  });

  it('names the caller by its stack, or by where its session began', () => {
    const by = (origin: Partial<LeaseOrigin>): string =>
      rows(acquireTimeoutError(scene([]), caller(origin)), 'you').join();
    expect(by({ stack: new Error('here') })).toContain('exhaustion.test.ts:');
    expect(by({})).toBe('  you       (place unknown)');
    const session = new Session({ clock: new ManualClock() }, undefined);
    expect(by({ session })).toContain('exhaustion.test.ts:');
    // A stack that does not reach the application is no better than none.
    const internal = Object.assign(new Error('deep inside'), { stack: 'Error\n    at node:internal/x:1:1' });
    expect(by({ session, stack: internal })).toContain('exhaustion.test.ts:');
    session.end();
  });

  it('names a label before the place in the code', () => {
    const labelled = times(2, () => ({ ...(leaking[0] as LeaseView), label: 'nightly report' }));
    expect(rows(acquireTimeoutError(scene(labelled), you), 'holders', 'fix')).toEqual([
      '  holders   2× nightly report at src/orders.ts:42 createOrder  38s  idle in transaction  ← suspected leak',
      '  fix       wrap nightly report in managedTransaction(); raising size only delays this',
    ]);
  });
});

describe('a queue that is full', () => {
  it('reads the same way', () => {
    const error = queueFullError(scene(busy), you, 100);
    expect(String(error).split('\n')[0]).toBe(
      'LifeguardError [LG_QUEUE_FULL]: pool "main" has 14 callers waiting, its limit is 100',
    );
    expect(rows(error, 'you', 'likely', 'more')).toEqual([
      '  you       src/report.ts:18 buildReport',
      '  likely    load or slow queries: 3 of 3 are running a query',
      '  more      npx -p @lifeguard/cli lifeguard explain LG_QUEUE_FULL',
    ]);
    expect(error.holders).toHaveLength(1);
  });
});

describe('a database that cannot be reached', () => {
  const cause = new Error('connect ECONNREFUSED 127.0.0.1:5432');
  const empty = { ...counts, used: 0, pending: 1 };

  it('is told apart from a pool that is exhausted', () => {
    const error = connectFailedError(empty, { cause, attempts: 1, explained: undefined });
    expect(String(error)).toBe(
      [
        'LifeguardError [LG_CONNECT_FAILED]: pool "main" cannot open a connection (1 failed try): connect ECONNREFUSED 127.0.0.1:5432',
        '  pool      0/10 used, 0 idle, 1 pending (oldest 5s)',
        '  likely    the database is down, unreachable, or still starting',
        '  fix       check host, port and that the server runs; the pool itself is not exhausted',
        '  more      npx -p @lifeguard/cli lifeguard explain LG_CONNECT_FAILED',
      ].join('\n'),
    );
    expect(error).toMatchObject({ cause, attempts: 1 });
  });

  it('is explained by who knows it better', () => {
    const explained = {
      fatal: true,
      code: 'LG_SERVER_REFUSED',
      likely: 'too many clients',
      fix: 'raise max_connections',
    } as const;
    const error = connectFailedError(empty, { cause, attempts: 3, explained });
    expect(error.code).toBe('LG_SERVER_REFUSED');
    expect(error.summary).toContain('(3 failed tries)');
    expect(rows(error, 'likely', 'fix')).toEqual([
      '  likely    too many clients',
      '  fix       raise max_connections',
    ]);
  });

  it('and does not answer is too slow', () => {
    const error = connectTooSlowError({ ...empty, connecting: 1 }, 5_000);
    expect(error).toMatchObject({ code: 'LG_CONNECT_TIMEOUT', attempts: 0 });
    expect(error.summary).toBe('pool "main" has room, but no connection was opened within 5s');
    expect(rows(error, 'likely')).toEqual([
      '  likely    the network drops packets, or the server accepts and does not answer',
    ]);
  });
});
