import { describe, expect, it } from 'vitest';
import { beginScope, runScope } from './run-scope.ts';
import { Session, currentSession, outsideSession } from './session.ts';
import { ManualClock } from './testing/index.ts';

describe('a scope', () => {
  it('is the current session of what runs in it, has a name and tags, and ends with it', async () => {
    let seen: Session | undefined;
    const result = await runScope('nightly', { tenant: '7' }, async (scope) => {
      seen = scope;
      expect(currentSession()).toBe(scope);
      return 42;
    });
    expect(result).toBe(42);
    expect(seen).toMatchObject({ kind: 'request', name: 'nightly', tags: { tenant: '7' }, state: 'ended' });
    expect(seen?.timeoutMs).toBe(Infinity);
    expect(currentSession()).toBeUndefined();
  });

  it('ends also when its work fails, with the error of the work', async () => {
    let seen: Session | undefined;
    const failing = runScope('job', {}, (scope) => {
      seen = scope;
      throw new Error('no');
    });
    await expect(failing).rejects.toThrow('no');
    expect(seen?.state).toBe('ended');
  });

  it('starts lazy work inside itself', async () => {
    let inside: string | undefined;
    const lazy = {
      // As Prisma, Drizzle and Knex have it.
      then(resolve: (value: number) => void) {
        inside = currentSession()?.name;
        resolve(1);
      },
    };
    await runScope('lazy', {}, () => lazy as unknown as Promise<number>);
    expect(inside).toBe('lazy');
  });

  it('may learn its name late, and does without one that cannot be told', () => {
    let route: string | undefined;
    const scope = beginScope(() => route);
    expect(scope.name).toBeUndefined();
    route = 'GET /orders/:id';
    expect(scope.name).toBe('GET /orders/:id');
    const broken = beginScope(() => {
      throw new Error('no route');
    });
    expect(broken.name).toBeUndefined();
    scope.end();
    broken.end();
  });

  it('hands its trace and its threshold on to the sessions inside', () => {
    const clock = new ManualClock();
    const scope = beginScope('request', {}, { traceId: 'abc', leakThresholdMs: 5_000, clock });
    const inner = new Session({ clock }, scope);
    const own = new Session({ clock, traceId: 'xyz', leakThresholdMs: Infinity }, scope);
    expect([inner.traceId, inner.leakThresholdMs]).toEqual(['abc', 5_000]);
    expect([own.traceId, own.leakThresholdMs]).toEqual(['xyz', Infinity]);
    for (const each of [inner, own, scope]) each.end();
  });

  it('refuses a threshold that is none', () => {
    expect(() => beginScope('x', {}, { leakThresholdMs: 0 })).toThrow(
      'option "leakThresholdMs" must be a positive number of milliseconds, or Infinity for none, got 0',
    );
  });

  it('can be left by work that is meant to be apart', async () => {
    await runScope('request', {}, async () => {
      expect(outsideSession(currentSession)).toBeUndefined();
      expect(currentSession()?.name).toBe('request');
    });
  });
});
