import { describe, expect, it } from 'vitest';
import { PoolEntries } from './pool-entries.ts';
import { PoolEntry } from './pool-entry.ts';
import type { EntryState } from './pool-entry.ts';

const host = { release: () => undefined, revoke: () => false };
const STATES: readonly EntryState[] = [
  'connecting',
  'idle',
  'pinging',
  'leased',
  'resetting',
  'closing',
  'lost',
  'gone',
];
/** How to get to each state from the beginning. */
const WAY: Readonly<Record<EntryState, readonly EntryState[]>> = {
  connecting: [],
  idle: ['idle'],
  pinging: ['idle', 'pinging'],
  leased: ['idle', 'leased'],
  resetting: ['idle', 'leased', 'resetting'],
  closing: ['closing'],
  lost: ['closing', 'lost'],
  gone: ['closing', 'gone'],
};

function entryIn(state: EntryState): { entries: PoolEntries<object>; entry: PoolEntry<object> } {
  const entries = new PoolEntries<object>();
  const entry = new PoolEntry<object>(1, 0, 0, host);
  entries.add(entry);
  for (const step of WAY[state]) entries.move(entry, step);
  return { entries, entry };
}

function isLegal(from: EntryState, to: EntryState): boolean {
  const { entries, entry } = entryIn(from);
  try {
    entries.move(entry, to);
  } catch (error) {
    expect(error).toMatchObject({
      code: 'LG_BUG',
      summary: `BUG: connection #1 cannot go from ${from} to ${to}`,
    });
    expect(entry.state).toBe(from);
    if (from !== 'gone') entries.audit();
    return false;
  }
  entries.audit();
  return true;
}

describe('the life of an entry', () => {
  it.each<[EntryState, EntryState[]]>([
    ['connecting', ['idle', 'closing']],
    ['idle', ['pinging', 'leased', 'closing', 'gone']],
    ['pinging', ['idle', 'closing', 'gone']],
    ['leased', ['idle', 'resetting', 'closing', 'gone']],
    ['resetting', ['idle', 'closing', 'gone']],
    ['closing', ['lost', 'gone']],
    ['lost', ['gone']],
    ['gone', []],
  ])('goes from %s to %j and nowhere else', (from, expected) => {
    expect(STATES.filter((to) => isLegal(from, to))).toEqual(expected);
  });

  it('passes on what its holder and its tracker want', () => {
    const asked: unknown[] = [];
    const entry = new PoolEntry<object>(1, 0, 0, {
      release: (...args) => void asked.push(['release', ...args]),
      revoke: (...args) => asked.push(['revoke', ...args]) > 0,
    });
    const record = {} as Parameters<typeof entry.release>[0];
    entry.release(record, true);
    expect(entry.revoke(record, 'operator', 'why')).toBe(true);
    expect(asked).toEqual([
      ['release', entry, record, true],
      ['revoke', entry, record, 'operator', 'why'],
    ]);
  });
});

describe('the entries of a pool', () => {
  it.each(STATES)(
    'count one that is %s in its state, and as a taken slot unless it is lost or gone',
    (state) => {
      const { entries } = entryIn(state);
      const isOutside = state === 'lost' || state === 'gone';
      expect(entries.count(state)).toBe(state === 'gone' ? 0 : 1);
      expect(entries.occupied).toBe(isOutside ? 0 : 1);
      expect([...entries]).toHaveLength(state === 'gone' ? 0 : 1);
      expect(entries.live).toBe(['idle', 'pinging', 'leased', 'resetting'].includes(state) ? 1 : 0);
      expect(entries.beingCaredFor).toBe(['pinging', 'resetting'].includes(state) ? 1 : 0);
    },
  );

  it('keep the idle ones in the order in which they became so', () => {
    const entries = new PoolEntries<object>();
    const all = [1, 2, 3].map((id) => new PoolEntry<object>(id, 0, 0, host));
    for (const entry of all) entries.add(entry);
    for (const entry of all) entries.rest(entry);
    const [first] = all as [PoolEntry<object>];
    entries.lend(first);
    expect(entries.newestIdle?.id).toBe(3);
    entries.rest(first);
    expect([...entries.idle()].map((entry) => entry.id)).toEqual([2, 3, 1]);
    expect(entries.newestIdle).toBe(first);
    entries.audit();
  });

  it('lend only what is idle', () => {
    const { entries, entry } = entryIn('resetting');
    expect(() => entries.lend(entry)).toThrow('BUG');
  });

  it('notice when somebody else changed a state', () => {
    const { entries, entry } = entryIn('idle');
    entry.enter('leased');
    expect(() => entries.audit()).toThrow('count of idle is 1, but 0 entries are in it');
  });

  it('notice an entry that was added twice', () => {
    const { entries, entry } = entryIn('closing');
    entries.add(entry);
    expect(() => entries.audit()).toThrow('BUG');
  });
});
