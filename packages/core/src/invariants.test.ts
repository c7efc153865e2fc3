import { describe, expect, it } from 'vitest';
import { assertInvariants } from './invariants.ts';
import type { InvariantView } from './invariants.ts';

const fine: InvariantView = {
  counts: {
    name: 'main',
    used: 1,
    idle: 0,
    connecting: 1,
    resetting: 0,
    closing: 0,
    lost: 0,
    pending: 1,
    oldestWaitMs: 0,
    size: 2,
    max: 2,
  },
  isOpen: true,
  isClosing: false,
  occupied: 2,
  ceiling: 2,
  leases: 1,
  servable: 1,
  pinging: 0,
  couldOpen: 0,
};
const counts = (more: object): Partial<InvariantView> => ({ counts: { ...fine.counts, ...more } });

describe('the invariants of a moment', () => {
  it('hold for a pool at its limit', () => {
    expect(() => assertInvariants(fine)).not.toThrow();
  });

  it.each<[string, Partial<InvariantView>]>([
    ['invariant 1, no more connections than max', { occupied: 3 }],
    ['invariant 1, no more lost connections than max', counts({ lost: 3 })],
    ['invariant 2, one lease for each leased connection', { leases: 2 }],
    ['invariant 4, no waiter while a connection is idle', counts({ idle: 1 })],
    ['invariant 4, no waiter while a connection may be opened', { couldOpen: 1 }],
    ['invariant 10, no waiter in a closing pool', { isOpen: false, isClosing: true }],
  ])('name what is broken: %s', (rule, view) => {
    expect(() => assertInvariants({ ...fine, ...view })).toThrow(rule);
  });

  it.each<[string, Partial<InvariantView>]>([
    [
      'a waiter beside an idle connection, while another is being pinged for it',
      { ...counts({ idle: 1 }), pinging: 1 },
    ],
    ['a waiter beside an idle connection in a suspended pool', { ...counts({ idle: 1 }), isOpen: false }],
    ['room in a suspended pool', { isOpen: false, couldOpen: 1 }],
    ['max lost connections beside max others', counts({ lost: 2 })],
    ['what is left of a larger pool', { ...counts({ lost: 3 }), occupied: 3, ceiling: 3 }],
  ])('allow %s', (_, view) => {
    expect(() => assertInvariants({ ...fine, ...view })).not.toThrow();
  });
});
