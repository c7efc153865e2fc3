import { expect, test } from 'vitest';
import { busyPool, busyPoolLater, idlePool, lease, lookOf } from '../../../test/monitor-looks.ts';
import { coloured } from '../../paint.ts';
import type { Look } from '../look.ts';
import type { MonitorEvent } from '../monitor-event.ts';
import { firstState } from '../monitor-state.ts';
import type { MonitorState } from '../monitor-state.ts';
import { reduce } from '../reduce.ts';
import { KEYS } from './help-lines.ts';
import { render } from './render.ts';

const NOON = Date.UTC(2026, 0, 1, 12, 0, 5);
const WIDE = { columns: 110, rows: 18, color: false };

function after(state: MonitorState, ...events: (MonitorEvent | string)[]): MonitorState {
  return events.reduce<MonitorState>(
    (each, event) => reduce(each, typeof event === 'string' ? { kind: 'key', key: event } : event)[0],
    state,
  );
}

const clock = (now: number): MonitorEvent => ({ kind: 'clock', now, wallTime: NOON + now - 5_000 });
const looked = (look: Look): MonitorEvent => ({ kind: 'looked', look });

/** Five seconds after the first look. */
function busy(first: Look = lookOf(), later: Look = lookOf({ pools: [busyPoolLater()] })): MonitorState {
  return after(firstState(first, 5_000, 0, NOON - 5_000), clock(5_000), looked(later));
}

const several = lookOf({ pools: [busyPool(), idlePool('jobs')], omitted: ['huge'], allow: ['evict'] });
const severalLater = { ...several, pools: [busyPoolLater(), idlePool('jobs')] };

function screen(state: MonitorState, size = WIDE): string {
  return render(state, size)
    .map((line) => `${line}|`)
    .join('\n');
}

test('a pool: how it is, what is wrong, and who holds its connections', () => {
  expect(screen(after(busy(), 'down'))).toMatchInlineSnapshot(`
    "orders (pid 4711)                                                                          every 5s  12:00:05Z|
    pool main  critical  used [||+] 3/3  idle 0  overflow 1  pending 2  oldest wait 1.8s|
    checkout avg 3.0ms p95 12ms, now 120ms  held avg 40ms p95 210ms, now 200ms|
    acquires 2.0/s  timeouts 4 +1  leaks 1|
    critical leaking-site: src/orders.ts:42 createOrder keeps 2 of 3 connections, for up to 41s|
    |
    [1 leases 3]  2 waiters 2   3 sites 2                                                             by time held|
      LEASE   HELD   IDLE  STATE                      QUERIES  PLACE                    LAST QUERY|
    >    #7    41s    38s  LEAK? idle in transaction        3  src/orders.ts:42 creat…  update "orders" set "stat…|
         #8   1.2s      –  active                           3  nightly report           select ?|
         #9   20ms  4.0ms  no query yet                     0  src/orders.ts:42 creat…  select ?|
    |
    |
    |
    |
    |
    |
    q quit  h help  Space pause  Enter details  s order  c by place  +/- interval  C reclaim  K evict|"
  `);
});

test('on a narrow screen less is said of each lease', () => {
  expect(screen(busy(), { ...WIDE, columns: 60, rows: 16 })).toMatchInlineSnapshot(`
    "orders (pid 4711)                        every 5s  12:00:05Z|
    pool main  critical  used [||+] 3/3  idle 0  overflow 1|
    pending 2  oldest wait 1.8s|
    checkout avg 3.0ms p95 12ms, now 120ms|
    held avg 40ms p95 210ms, now 200ms|
    acquires 2.0/s  timeouts 4 +1  leaks 1|
    critical leaking-site: src/orders.ts:42 createOrder keeps 2…|
    |
    [1 leases 3]  2 waiters 2   3 sites 2           by time held|
       HELD   IDLE  STATE                      PLACE|
        41s    38s  LEAK? idle in transaction  src/orders.ts:42…|
       1.2s      –  active                     nightly report|
       20ms  4.0ms  no query yet               src/orders.ts:42…|
    |
    |
    q quit  h help  Space pause  Enter details  s order|"
  `);
});

test('on a tiny screen there still is who holds for how long', () => {
  expect(screen(busy(), { ...WIDE, columns: 20, rows: 5 })).toMatchInlineSnapshot(`
    "orders (pid 4711)|
    3/3 critical main|
       HELD  PLACE|
        41s  src/orders…|
    q quit  h help|"
  `);
});

test('leases by place', () => {
  expect(screen(after(busy(), 'c'), { ...WIDE, rows: 13 })).toMatchInlineSnapshot(`
    "orders (pid 4711)                                                                          every 5s  12:00:05Z|
    pool main  critical  used [||+] 3/3  idle 0  overflow 1  pending 2  oldest wait 1.8s|
    checkout avg 3.0ms p95 12ms, now 120ms  held avg 40ms p95 210ms, now 200ms|
    acquires 2.0/s  timeouts 4 +1  leaks 1|
    critical leaking-site: src/orders.ts:42 createOrder keeps 2 of 3 connections, for up to 41s|
    |
    [1 leases 3]  2 waiters 2   3 sites 2                                                             by time held|
      COUNT   HELD  LEAST  LEAKS?  STATE                PLACE|
          2    41s   20ms       1  idle in transaction  src/orders.ts:42 createOrder|
          1   1.2s   1.2s       0  active               nightly report|
    |
    |
    q quit  h help  Space pause  Enter details  s order  c one by one  +/- interval  C reclaim  K evict|"
  `);
});

test('who waits', () => {
  expect(screen(after(busy(), '2'), { ...WIDE, rows: 13 })).toMatchInlineSnapshot(`
    "orders (pid 4711)                                                                          every 5s  12:00:05Z|
    pool main  critical  used [||+] 3/3  idle 0  overflow 1  pending 2  oldest wait 1.8s|
    checkout avg 3.0ms p95 12ms, now 120ms  held avg 40ms p95 210ms, now 200ms|
    acquires 2.0/s  timeouts 4 +1  leaks 1|
    critical leaking-site: src/orders.ts:42 createOrder keeps 2 of 3 connections, for up to 41s|
    |
     1 leases 3  [2 waiters 2]  3 sites 2                                                                  by turn|
       TURN  WAITED  AT MOST  PRIORITY  TENANT  PLACE|
          1    1.8s       3s  normal    –       src/cart.ts:42 addToCart|
          2   200ms       3s  high      acme    src/cart.ts:42 addToCart|
    |
    |
    q quit  h help  Space pause  Enter details  s order  +/- interval  C reclaim  K evict|"
  `);
});

test('places in the code', () => {
  expect(screen(after(busy(), '3'), { ...WIDE, rows: 13 })).toMatchInlineSnapshot(`
    "orders (pid 4711)                                                                          every 5s  12:00:05Z|
    pool main  critical  used [||+] 3/3  idle 0  overflow 1  pending 2  oldest wait 1.8s|
    checkout avg 3.0ms p95 12ms, now 120ms  held avg 40ms p95 210ms, now 200ms|
    acquires 2.0/s  timeouts 4 +1  leaks 1|
    critical leaking-site: src/orders.ts:42 createOrder keeps 2 of 3 connections, for up to 41s|
    |
     1 leases 3   2 waiters 2  [3 sites 2]                                                         by waits caused|
      BLOCKED  LEAKS  LEASES  HELD AVG    P95   IDLE  PLACE|
          61s      2     120      41ms  230ms    25%  src/orders.ts:42 createOrder|
          0ms      0     120      41ms  230ms    25%  nightly report|
    |
    |
    q quit  h help  Space pause  Enter details  s order  +/- interval  C reclaim  K evict|"
  `);
});

test('the list of pools', () => {
  expect(screen(after(busy(several, severalLater), 'down'), { ...WIDE, rows: 10 })).toMatchInlineSnapshot(`
    "orders (pid 4711)                                                                          every 5s  12:00:05Z|
    2 pools  used 3  idle 0  pending 2  leaks 1  1 left out: ask for them by --pool|
      POOL  HEALTH     USED   IDLE  OVERFLOW  PENDING  OLDEST  WAIT P95  HELD P95  ACQUIRES  TIMEOUTS  LEAKS?|
    > main  critical    3/3      0         1        2    1.8s      12ms     210ms     2.0/s         4       1|
      jobs  healthy     0/3      0         0        0       –       0ms       0ms         –         0       0|
    |
    |
    |
    |
    q quit  h help  Space pause  Enter open  s order  +/- interval  C reclaim  K evict|"
  `);
});

test('everything about a lease', () => {
  expect(screen(after(busy(), 'down', 'enter'), { ...WIDE, columns: 70 })).toMatchInlineSnapshot(`
    "orders (pid 4711)                                  every 5s  12:00:05Z|
    pool main  critical  used [||+] 3/3  idle 0  overflow 1  pending 2|
    oldest wait 1.8s|
    checkout avg 3.0ms p95 12ms, now 120ms|
    held avg 40ms p95 210ms, now 200ms|
    acquires 2.0/s  timeouts 4 +1  leaks 1|
    critical leaking-site: src/orders.ts:42 createOrder keeps 2 of 3 conn…|
    |
    [1 leases 3]  2 waiters 2   3 sites 2                     by time held|
      place        src/orders.ts:42 createOrder|
      called from  src/orders.ts:42 createOrder|
      held         41s, no query for 38s|
      state        idle in transaction|
      leak         suspected|
      queries      3|
      last query   update "orders" set "state" = ?|
      backend      not known|
    up/down another row  Esc back  q quit|"
  `);
});

test('an application that answers no more: what it said last, and how old that is', () => {
  const lost = after(
    busy(),
    clock(12_000),
    { kind: 'lost', why: 'nobody answers on this socket' },
    clock(14_000),
  );
  expect(screen(lost, { ...WIDE, rows: 12 })).toMatchInlineSnapshot(`
    "orders (pid 4711)                                                         NO ANSWER, data is 9s old  12:00:14Z|
    nobody answers on this socket|
    pool main  critical  used [||+] 3/3  idle 0  overflow 1  pending 2  oldest wait 1.8s|
    checkout avg 3.0ms p95 12ms, now 120ms  held avg 40ms p95 210ms, now 200ms|
    acquires 2.0/s  timeouts 4 +1  leaks 1|
    |
    [1 leases 3]  2 waiters 2   3 sites 2                                                             by time held|
      LEASE   HELD   IDLE  STATE                      QUERIES  PLACE                    LAST QUERY|
         #7    41s    38s  LEAK? idle in transaction        3  src/orders.ts:42 creat…  update "orders" set "stat…|
         #8   1.2s      –  active                           3  nightly report           select ?|
         #9   20ms  4.0ms  no query yet                     0  src/orders.ts:42 creat…  select ?|
    q quit  h help  Space pause  Enter details  s order  c by place  +/- interval  C reclaim  K evict|"
  `);
  const [, why, ...rest] = render(lost, { ...WIDE, color: true });
  expect(why).toBe(coloured('red', 'nobody answers on this socket'));
  const greyed = rest.slice(0, -1).filter((each) => each !== '');
  for (const line of greyed) expect(line).toContain('\u001b[2m');
});

test('a pause says how old the data is', () => {
  const [title] = render(after(busy(), 'space', clock(65_000)), WIDE);
  expect(title).toMatch(/PAUSED, data is 60s old {2}12:01:05Z$/);
});

test('a question stands in the last line, and so does what is not allowed', () => {
  const allowed = after(busy(several, severalLater), '1', 'K');
  expect(render(allowed, WIDE).at(-1)).toBe(
    '(y/n) replace all connections of pool main? idle ones now, leased ones when they come back',
  );
  expect(render(after(allowed, 'n', 'C'), WIDE).at(-1)).toBe(
    "not allowed here: serveAdmin({ pools, allow: ['reclaim'] }) in the application allows it",
  );
});

test('the help names all keys where there is room, and says so where there is none', () => {
  const help = after(busy(), 'h');
  const text = render(help, { columns: 100, rows: 30, color: false }).join('\n');
  for (const [keys] of KEYS) expect(text).toContain(keys);
  expect(render(help, { ...WIDE, rows: 8 }).at(-2)).toBe('… docs/cli.md');
});

test('a long list shows the rows around the one that is selected', () => {
  const leases = Array.from({ length: 90 }, (_, index) => lease({ id: index, heldMs: 90_000 - index }));
  const long = busy(lookOf(), lookOf({ pools: [busyPoolLater({ leases })] }));
  const marked = (state: MonitorState): string[] =>
    render(state, WIDE).filter((line) => line.startsWith('> '));
  expect(marked(after(long, 'end'))[0]).toContain('#89');
  expect(marked(after(long, 'end', 'pageup'))[0]).toContain('#79');
  expect(render(after(long, 'end', 'pageup'), WIDE).join('\n')).toMatch(/#78[^]*> +#79[^]*#80/);
});

test('without a limit there is no bar', () => {
  // JSON has no infinity.
  const state = busy(lookOf(), lookOf({ pools: [busyPoolLater({ max: null as unknown as number })] }));
  expect(render(state, WIDE)[1]).toContain('used 3/no limit');
});

test('without a pool, and without a holder, it says so', () => {
  expect(render(busy(lookOf({ pools: [] }), lookOf({ pools: [] })), WIDE).join('\n')).toContain(
    'the application has no pools',
  );
  expect(
    render(busy(lookOf({ pools: [idlePool('a')] }), lookOf({ pools: [idlePool('a')] })), WIDE).join('\n'),
  ).toContain('no connection is in use');
});

test('the selected row is marked without colours too', () => {
  const state = after(busy(), 'down');
  const size = { ...WIDE, color: true };
  expect(render(state, WIDE).filter((line) => line.startsWith('> '))).toHaveLength(1);
  expect(render(state, size).filter((line) => line.startsWith('\u001b[7m> '))).toHaveLength(1);
});
