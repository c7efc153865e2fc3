import process from 'node:process';
import { stripVTControlCharacters } from 'node:util';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { busyPool, idlePool, lease, lookOf } from '../../../test/monitor-looks.ts';
import { leakingState } from '../../../test/pool-states.ts';
import type { Look } from '../look.ts';
import type { MonitorEvent } from '../monitor-event.ts';
import { firstState } from '../monitor-state.ts';
import { reduce } from '../reduce.ts';
import { widthOf } from '../text-width.ts';
import { render } from './render.ts';

// Names come from an application that nobody has to trust.
const hostile = fc.oneof(
  fc.constantFrom(
    '\u001b[2J',
    '\u009b2J',
    '日本🛟',
    'e\u0301\u0301',
    '\u202eabc',
    'a\nb',
    '❤\ufe0f',
    '\u200d',
  ),
  fc.string({ unit: 'binary' }),
);
const hostileLook = fc
  .record({
    name: hostile,
    label: hostile,
    query: hostile,
    tenant: hostile,
    reason: hostile,
    count: fc.nat(5),
  })
  .map(({ name, label, query, tenant, reason, count }): Look => {
    const leases = Array.from({ length: count }, (_, id) =>
      lease({ id, label, lastQuery: query, suspected: id === 0 }),
    );
    const { waiters } = busyPool().snapshot;
    const pool = busyPool({
      name: `${name}1`,
      leases,
      waiters: waiters.map((each) => ({ ...each, label, tenant })),
    });
    const { diagnosis } = leakingState();
    const recommendations = diagnosis?.recommendations.map((each) => ({ ...each, summary: reason })) ?? [];
    return lookOf({
      name,
      pools: [{ ...pool, diagnosis: diagnosis && { ...diagnosis, recommendations } }, idlePool('b')],
    });
  });
const someKey = fc.constantFrom(
  ...[
    '0',
    '1',
    '2',
    '3',
    'up',
    'down',
    'end',
    'enter',
    'escape',
    'tab',
    'c',
    's',
    't',
    'space',
    'h',
    'K',
    'C',
    'y',
    '+',
    '-',
  ],
);
const someEvent = fc.oneof(
  { weight: 4, arbitrary: someKey.map((key): MonitorEvent => ({ kind: 'key', key })) },
  hostileLook.map((look): MonitorEvent => ({ kind: 'looked', look })),
  hostile.map((why): MonitorEvent => ({ kind: 'lost', why: JSON.stringify(why).replaceAll(/[^ -~]/g, '?') })),
  fc.nat(100_000).map((now): MonitorEvent => ({ kind: 'clock', now, wallTime: now })),
);

test('whatever happens, a screen has its rows, none is wider than it is, and nothing moves the cursor', () => {
  fc.assert(
    fc.property(
      hostileLook,
      fc.array(someEvent, { maxLength: 20 }),
      fc.integer({ min: 1, max: 130 }),
      fc.integer({ min: 1, max: 40 }),
      (look, events, columns, rows) => {
        const begin = firstState(look, 5_000, 0, 0);
        const state = events.reduce((each, event) => reduce(each, event)[0], begin);
        const lines = render(state, { columns, rows, color: false });
        expect(lines).toHaveLength(rows);
        for (const line of lines) {
          expect(widthOf(line)).toBeLessThanOrEqual(columns);
          expect(line).not.toMatch(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/u);
        }
        const inColour = render(state, { columns, rows, color: true });
        expect(inColour.map((line) => stripVTControlCharacters(line).trimEnd())).toEqual(lines);
      },
    ),
    { numRuns: Number(process.env['LG_RUNS'] ?? 300) },
  );
});
