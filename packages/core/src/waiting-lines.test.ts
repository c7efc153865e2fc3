import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Rank } from './acquire-priority.ts';
import type { LinkedList } from './linked-list.ts';
import type { WaitingLine } from './waiting-line.ts';
import { WaitingLines } from './waiting-lines.ts';

class Caller {
  prev: Caller | undefined;
  next: Caller | undefined;
  list: LinkedList<Caller> | undefined;
  readonly name: string;
  readonly line: WaitingLine<Caller>;

  constructor(name: string, line: WaitingLine<Caller>) {
    this.name = name;
    this.line = line;
  }
}

const inOrder = (): boolean => false;
const RANKS = { high: 0, normal: 1, low: 2 } as const;

function makeLines(ordinaryMax = Infinity, weights: Record<string, number> = {}) {
  let leased = 0;
  const lines = new WaitingLines<Caller>({ ordinaryMax, weights, leased: () => leased });
  const wait = (name: string, tenant?: string, rank: Rank = 1): Caller => {
    const caller = new Caller(name, lines.line(rank, tenant));
    lines.add(caller);
    return caller;
  };
  /** Serves as many as may be, and says who they were. */
  const serve = (count: number): string =>
    Array.from({ length: count }, () => {
      const next = lines.next(inOrder);
      if (next === undefined) return 'nobody';
      lend(next);
      return next.name;
    }).join(' ');
  const lend = (next: Caller): void => {
    lines.remove(next);
    lines.served(next);
    leased += 1;
    if (next.line !== lines.common) lines.taken(next.line);
  };
  const giveBack = (line: WaitingLine<Caller>): void => {
    leased -= 1;
    if (line !== lines.common) lines.left(line);
  };
  return { lines, wait, serve, lend, giveBack };
}

describe('who is next', () => {
  it('is who came first, where nobody says anything', () => {
    const { lines, wait, serve } = makeLines();
    for (const name of ['a', 'b', 'c']) wait(name);
    expect([lines.length, lines.servable, serve(4)]).toEqual([3, 3, 'a b c nobody']);
  });

  it('is the most urgent, and of those who came first', () => {
    const { lines, wait, serve } = makeLines();
    wait('low', undefined, RANKS.low);
    wait('normal');
    wait('high', undefined, RANKS.high);
    wait('high too', undefined, RANKS.high);
    expect([...lines].map(({ name }) => name)).toEqual(['high', 'high too', 'normal', 'low']);
    expect([lines.waitingUpTo(0), lines.waitingUpTo(1), lines.waitingUpTo(2), lines.waitingAt(2)]).toEqual([
      2, 3, 4, 1,
    ]);
    expect(serve(4)).toBe('high high too normal low');
  });

  it('is somebody of a class that was passed over twenty times, so that no class waits for ever', () => {
    const { wait, serve } = makeLines();
    wait('l', undefined, RANKS.low);
    for (let each = 0; each < 30; each += 1) wait('n');
    wait('l2', undefined, RANKS.low);
    expect(serve(21).split(' ').indexOf('l')).toBe(20);
    for (let each = 0; each < 50; each += 1) wait('h', undefined, RANKS.high);
    const order = serve(43).split(' ');
    expect([order.indexOf('l2'), order.indexOf('n')]).toEqual([20, 21]);
  });

  it('is one for whom connections are kept, when all others are in use', () => {
    const { lines, wait, serve, giveBack } = makeLines(1);
    expect(lines.admits(lines.line(1, undefined))).toBe(true);
    wait('a');
    wait('b');
    expect([lines.servable, serve(2)]).toEqual([1, 'a nobody']);
    expect([
      lines.servable,
      lines.admits(lines.line(1, undefined)),
      lines.admits(lines.line(0, undefined)),
    ]).toEqual([0, false, true]);
    const health = wait('health', undefined, RANKS.high);
    expect([lines.servable, serve(2)]).toEqual([1, 'health nobody']);
    giveBack(health.line);
    expect(serve(1)).toBe('nobody');
    giveBack(lines.common);
    expect(serve(1)).toBe('b');
  });

  it('may be one who can hardly wait, or the newest', () => {
    const { lines, wait } = makeLines();
    const [a, b, c] = [wait('a'), wait('b'), wait('c')];
    const names = (): string[] => [...lines].map(({ name }) => name);
    expect(lines.next(() => true)).toBe(c);
    b.line.hasten(b);
    b.line.hasten(b);
    expect([lines.next(() => true)?.name, names()]).toEqual(['b', ['b', 'a', 'c']]);
    expect([...b.line.firsts()]).toEqual([b, a]);
    lines.remove(b);
    b.line.hasten(b);
    expect([lines.remove(b), names()]).toEqual([false, ['a', 'c']]);
  });
});

describe('tenants', () => {
  it('are served in turn, however many callers one of them has', () => {
    const { wait, serve } = makeLines();
    for (let each = 0; each < 6; each += 1) wait('noisy', 'noisy');
    wait('quiet', 'quiet');
    wait('nobody’s');
    wait('quiet', 'quiet');
    expect(serve(5)).toBe('nobody’s noisy quiet noisy quiet');
  });

  it('are due in proportion to their weights', () => {
    const { wait, serve } = makeLines(Infinity, { big: 3 });
    for (let each = 0; each < 12; each += 1) wait('big', 'big');
    for (let each = 0; each < 12; each += 1) wait('small', 'small');
    const served = serve(12).split(' ');
    expect([served.filter((name) => name === 'big').length, served.length]).toEqual([9, 12]);
  });

  it('may use what the others leave, and give it back first', () => {
    const { wait, serve, giveBack } = makeLines();
    const noisy = Array.from({ length: 4 }, () => wait('noisy', 'noisy'));
    expect(serve(4)).toBe('noisy noisy noisy noisy');
    wait('noisy', 'noisy');
    wait('quiet', 'quiet');
    giveBack(noisy[0]!.line);
    expect(serve(2)).toBe('quiet noisy');
  });

  it('are forgotten with their last lease and their last caller', () => {
    const { lines, wait, serve, giveBack } = makeLines();
    const one = wait('a', 'one');
    lines.forget(one.line);
    expect([lines.tenants, serve(1)]).toEqual([1, 'a']);
    lines.forget(one.line);
    expect(lines.tenants).toBe(1);
    giveBack(one.line);
    expect(lines.tenants).toBe(0);
    const line = lines.line(1, 'two');
    lines.forget(line);
    lines.forget(lines.line(1, undefined));
    expect(lines.tenants).toBe(0);
    // It was asked for, and its tenant has gone since: it is known again, as the same one.
    lines.add(new Caller('late', line));
    expect([lines.tenants, lines.line(1, 'two') === line]).toEqual([1, true]);
  });

  it('share the places of a queue as they share the pool', () => {
    const { lines, wait } = makeLines(Infinity, { big: 3 });
    expect(lines.shareOf(lines.line(1, undefined), 12)).toBe(12);
    expect(lines.shareOf(lines.line(1, 'first'), 12)).toBe(12);
    wait('b', 'big');
    expect([lines.shareOf(lines.line(1, 'big'), 12), lines.shareOf(lines.line(1, 'new'), 12)]).toEqual([
      12, 3,
    ]);
    wait('nobody’s');
    expect([lines.shareOf(lines.line(1, 'big'), 20), lines.shareOf(lines.line(1, undefined), 20)]).toEqual([
      15, 5,
    ]);
  });

  it('are served as if all were compared each time, whatever comes and goes', () => {
    const weights = { a: 1, b: 2, c: 5 };
    const step = fc.record({
      kind: fc.constantFrom('wait', 'wait', 'serve', 'leave', 'return'),
      tenant: fc.constantFrom<string | undefined>(...Array.from('abcdefghijkl'), undefined),
      index: fc.nat({ max: 50 }),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 300, size: 'max' }), (steps) => {
        const { lines, wait, lend, giveBack } = makeLines(Infinity, weights);
        const waiting: Caller[] = [];
        const leased: { readonly line: WaitingLine<Caller> }[] = [];
        for (const { kind, tenant, index } of steps) {
          if (kind === 'wait') waiting.push(wait(String(index), tenant));
          const left = kind === 'leave' ? waiting.splice(index, 1)[0] : undefined;
          if (left !== undefined) {
            lines.remove(left);
            lines.forget(left.line);
          }
          const back = kind === 'return' ? leased.splice(index, 1)[0] : undefined;
          if (back !== undefined) giveBack(back.line);
          if (kind !== 'serve') continue;
          const next = lines.next(inOrder);
          expect(next).toBe(dueBySearch(waiting, leased, weights));
          if (next === undefined) continue;
          waiting.splice(waiting.indexOf(next), 1);
          lend(next);
          leased.push(next);
        }
        expect(lines.length).toBe(waiting.length);
        const known = new Set([...waiting, ...leased].flatMap(({ line }) => line.tenant.id ?? []));
        expect(lines.tenants).toBe(known.size);
      }),
    );
  });
});

/** The first caller of the tenant that holds the least for its weight; of equals, of the one that was served longest ago. */
function dueBySearch(
  waiting: readonly Caller[],
  leased: readonly { readonly line: WaitingLine<Caller> }[],
  weights: Readonly<Record<string, number>>,
): Caller | undefined {
  const share = ({ line: { tenant } }: Caller): number =>
    leased.filter((lease) => lease.line.tenant === tenant).length / (weights[tenant.id ?? ''] ?? 1);
  const isBefore = (a: Caller, b: Caller): boolean =>
    Math.abs(share(a) - share(b)) > 1e-9
      ? share(a) < share(b)
      : a.line.tenant !== b.line.tenant && a.line.tenant.servedAt < b.line.tenant.servedAt;
  let due = waiting[0];
  for (const caller of waiting) if (isBefore(caller, due as Caller)) due = caller;
  return due;
}
