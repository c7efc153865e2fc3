import { expect, test } from 'vitest';
import { countsOf } from './count-backends.ts';
import type { GroupRow } from './count-backends.ts';
import { factsOf } from './facts-of.ts';
import type { BlockedBackend, ServerView } from './server-view.ts';

const GROUP: GroupRow = {
  application: 'shop',
  user: 'app',
  database: 'shop',
  count: 4,
  active: 1,
  idle: 2,
  idleInTransaction: 1,
  total: 9,
  ours: 4,
  hidden: 2,
  groups: 3,
};

test('the share of others is what is not ours, and groups that are not listed are counted', () => {
  const { applications, ...counts } = countsOf([GROUP, { ...GROUP, application: 'psql', count: 2 }]);
  expect(counts).toEqual({ total: 9, ours: 4, others: 5, hidden: 2, applicationsLeftOut: 1 });
  expect(applications).toEqual([
    {
      application: 'shop',
      user: 'app',
      database: 'shop',
      count: 4,
      active: 1,
      idle: 2,
      idleInTransaction: 1,
    },
    expect.objectContaining({ application: 'psql', count: 2 }),
  ]);
});

test('nobody at all is nobody', () => {
  const nobody = { total: 0, ours: 0, others: 0, hidden: 0, applications: [], applicationsLeftOut: 0 };
  expect(countsOf([])).toEqual(nobody);
});

test('names of strangers forge no line', () => {
  const [application] = countsOf([{ ...GROUP, application: 'a\nb', user: '\u001B[2J' }]).applications;
  expect(application).toMatchObject({ application: String.raw`a\u{a}b`, user: String.raw`\u{1b}[2J` });
});

test('facts count our blocked backends, and only orphans whose process is dead', () => {
  const blocked = { pid: 1, isOurs: true } as BlockedBackend;
  const view = {
    server: { maxConnections: 100, reserved: 3 },
    counts: countsOf([GROUP]),
    instances: 2,
    orphans: [{ verdict: 'dead' }, { verdict: 'unknown' }, { verdict: 'dead' }],
    blocking: [blocked, { ...blocked, isOurs: false }],
  } as unknown as ServerView;
  const facts = factsOf(view);
  expect(facts).toEqual({
    maxConnections: 100,
    reserved: 3,
    backends: 9,
    ours: 4,
    instances: 2,
    orphans: 2,
    blocked: 1,
  });
  expect(Object.isFrozen(facts)).toBe(true);
});
