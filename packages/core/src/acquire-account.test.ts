import { describe, expect, it } from 'vitest';
import { priorityOf, tenantOf } from './acquire-account.ts';
import { Session } from './session.ts';
import { ManualClock } from './testing/index.ts';

const clock = new ManualClock();
const session = (options: object, parent?: Session): Session => new Session({ clock, ...options }, parent);

describe('the account of an acquire', () => {
  it('has the priority that it names, or that of its session or the one around, or none in particular', () => {
    const outer = session({ priority: 'low' });
    const inner = session({}, outer);
    expect(priorityOf({ priority: 'high' }, inner)).toBe('high');
    expect(priorityOf({}, inner)).toBe('low');
    expect(priorityOf({}, session({ priority: 'high' }, outer))).toBe('high');
    expect(priorityOf({}, undefined)).toBe('normal');
  });

  it('has the tenant that it names, or that of the nearest session with the tag', () => {
    const outer = session({ tags: { tenant: 'acme' } });
    const inner = session({ tags: { route: '/orders' } }, outer);
    expect(tenantOf({ tenant: 'own' }, inner, 'tenant')).toBe('own');
    expect(tenantOf({}, inner, 'tenant')).toBe('acme');
    expect([
      tenantOf({}, inner, 'customer'),
      tenantOf({}, inner, undefined),
      tenantOf({}, undefined, 'tenant'),
    ]).toEqual([undefined, undefined, undefined]);
  });

  it('of a session must name a priority that there is', () => {
    expect(() => session({ priority: 'urgent' })).toThrow(
      'option "priority" must be "high", "normal" or "low"',
    );
  });
});
