import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { describe, expect, it } from 'vitest';
import { makePool } from '../test/pool-fixture.ts';
import { CHANNELS } from './diagnostics.ts';

describe('the diagnostics channels', () => {
  it('tell monitoring what the pool tells its listeners', async () => {
    const { pool, clock, take } = makePool({ name: 'orders' });
    const heard: string[] = [];
    const listeners = Object.entries(CHANNELS).map(([event, name]) => {
      const listener = (payload: unknown): void => {
        heard.push(`${event} ${Object.keys(payload as object).length}`);
        expect(payload).toMatchObject({ pool: 'orders' });
      };
      subscribe(name, listener);
      return () => unsubscribe(name, listener);
    });
    const [lease] = await take(2);
    const waiting = pool.acquire({ timeoutMs: 10 }).catch(() => 'turned away');
    await clock.advance(31_000);
    expect(await waiting).toBe('turned away');
    lease?.destroy();
    await clock.advance(0);
    for (const stop of listeners) stop();
    lease?.release();
    expect([...new Set(heard.map((each) => each.split(' ')[0]))]).toEqual([
      'connect',
      'acquire',
      'timeout',
      'leak',
      'release',
      'close',
    ]);
    expect(heard).toContain('acquire 4');
  });
});
