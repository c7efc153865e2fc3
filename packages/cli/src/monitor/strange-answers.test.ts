import process from 'node:process';
import { isLifeguardError } from '@lifeguard/core';
import { ManualClock } from '@lifeguard/core/testing';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { busyPool } from '../../test/monitor-looks.ts';
import { firstState } from './monitor-state.ts';
import { jsonLine } from './json-line.ts';
import { plainLines } from './plain-lines.ts';
import { reduce } from './reduce.ts';
import { render } from './render/render.ts';
import { Watch } from './watch.ts';

const { snapshot, diagnosis } = busyPool();
const ANSWERS = {
  '/v1': { name: 'orders', pid: 1, capabilities: { allow: ['evict'] } },
  '/v1/snapshot': { schemaVersion: 1, pools: [snapshot], omitted: [] },
  '/v1/diagnosis': { schemaVersion: 1, pools: [{ ...diagnosis, pool: snapshot }] },
  '/v1/health': { pools: [{ name: 'main', status: 'degraded', reasons: ['why'] }] },
};

/** All places in a value, as paths. */
function pathsOf(value: unknown, path: readonly string[] = []): (readonly string[])[] {
  if (typeof value !== 'object' || value === null) return [path];
  return [path, ...Object.entries(value).flatMap(([key, each]) => pathsOf(each, [...path, key]))];
}

/** The value with something else at that place. */
function replaced(value: unknown, [key, ...rest]: readonly string[], by: unknown): unknown {
  if (key === undefined) return by;
  if (Array.isArray(value))
    return value.map((each, index) => (String(index) === key ? replaced(each, rest, by) : each));
  return { ...Object(value), [key]: replaced(Reflect.get(Object(value), key), rest, by) };
}

const anything = fc.oneof(
  fc.jsonValue({ maxDepth: 2 }),
  fc.constantFrom(null, [], {}, -1, 1e21, '\u001b[2J', 'main', [null], { toString: 1 }),
);
const keys = fc.array(
  fc.constantFrom('1', '2', '3', '0', 'down', 'end', 'enter', 'escape', 'c', 's', 't', 'tab', 'K', 'y'),
  { maxLength: 8 },
);

test('whatever an application answers is shown, or is no answer; it is never a defect', async () => {
  const place = fc.constantFrom(...pathsOf(JSON.parse(JSON.stringify(ANSWERS))));
  const changes = fc.array(fc.tuple(place, anything), { minLength: 1, maxLength: 2 });
  await fc.assert(
    fc.asyncProperty(changes, keys, async (all, pressed) => {
      const sane: unknown = JSON.parse(JSON.stringify(ANSWERS));
      const answers = all.reduce((value, [path, by]) => replaced(value, path, by), sane);
      const get = (path: string): Promise<unknown> =>
        Promise.resolve(Reflect.get(Object(answers), path) as unknown);
      const open = () => Promise.resolve({ title: 'orders', get, post: get });
      const { signal } = new AbortController();
      const watch = new Watch({ target: {}, open, clock: new ManualClock(), signal });
      const look = await watch.look().catch((error: unknown) => {
        expect(isLifeguardError(error)).toBe(true);
      });
      if (look === undefined) return;
      let state = firstState(look, 5_000, 0, 0);
      for (const event of [
        ...pressed.map((key) => ({ kind: 'key', key }) as const),
        { kind: 'looked', look } as const,
      ]) {
        [state] = reduce(state, event);
        const lines = render(state, { columns: 100, rows: 30, color: false });
        for (const line of lines) expect(line).not.toMatch(/[\p{Cc}\p{Cf}]/u);
      }
      const sighting = { kind: 'seen', look, before: look } as const;
      expect([...plainLines(sighting, 0), jsonLine(sighting, 0)].join('')).not.toMatch(/[\p{Cc}\p{Cf}]/u);
    }),
    { numRuns: Number(process.env['LG_RUNS'] ?? 300) },
  );
});
