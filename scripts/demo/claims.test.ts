import { describe, expect, test } from 'vitest';
import { checkClaims } from './claims.ts';
import { LEAKING, OVERRUNNING, findFunctions, isPlanted } from './planted.ts';
import type { SideResult } from './run-side.ts';
import { sideResult } from './side-result.fixture.ts';

function failing(plain: Partial<SideResult>, guarded: Partial<SideResult>): string[] {
  const claims = checkClaims(sideResult('pg.Pool', plain), sideResult('Lifeguard', guarded));
  return claims.filter(({ held }) => !held).map(({ text }) => text);
}

test('a run as it should go makes every claim hold', () => {
  expect(failing({}, {})).toEqual([]);
});

describe('a claim fails', () => {
  const { log, status } = sideResult('Lifeguard');

  test('when the plain pool recovers', () => {
    const lastPart = { sent: 180, served: 1, durationMs: 2_500 };
    expect(failing({ lastPart }, {})).toEqual(['pg.Pool: at the end nothing is served any more']);
  });

  test('when it is not seen from outside who leaks, or an innocent is blamed', () => {
    const text = '';
    const innocent = { file: 'src/shop.ts', line: 30, functionName: 'findProduct' };
    expect(failing({ diagnosis: { text, suspects: [innocent] } }, {})).toEqual([
      'pg.Pool: asked from outside, the line in refundOrder is named',
      'pg.Pool: asked from outside, nobody innocent is named',
    ]);
    expect(failing({ diagnosis: undefined }, {})).toHaveLength(1);
  });

  test('when a connection is still held', () => {
    expect(failing({}, { status: { ...status, used: 1 } })).toEqual([
      'Lifeguard: no connection is held at the end',
    ]);
  });

  test('when a planted line is not named', () => {
    const leaks = log.leaks.filter(({ functionName }) => functionName !== 'importPrices');
    expect(failing({}, { log: { ...log, leaks } })).toEqual([
      'Lifeguard: a report names the line in importPrices',
      'Lifeguard: importPrices is orphaned',
    ]);
  });

  test('when a piece of evidence is missing', () => {
    const leaks = log.leaks.map((place) => ({ ...place, evidence: ['overdue', 'orphaned'] as const }));
    expect(failing({}, { log: { ...log, leaks } })).toEqual([
      'Lifeguard: refundOrder is orphaned, collected',
      'Lifeguard: payOrder is overdue, idle',
    ]);
  });

  test('when a deadlock is left to the timeout, or blames another line', () => {
    const nested = { sent: 12, served: 0, p50Ms: 1_001 };
    const deadlocks = { count: 1, text: 'all held\n  chain  1× src/shop.ts:30 x waits at src/shop.ts:31 y' };
    expect(failing({}, { nested, log: { ...log, deadlocks } })).toEqual([
      'Lifeguard: the deadlock names the line that holds, and the line that waits',
      'Lifeguard: most of them are served all the same',
    ]);
    expect(failing({ nested: { ...nested, p50Ms: 40 } }, {})).toEqual([
      'pg.Pool: who needs a second connection waits until the timeout',
    ]);
  });

  test('when a query is still there after its deadline, or never was', () => {
    const backends = { total: 10, idleInTransaction: 0, pastDeadline: 1 };
    expect(failing({}, { backends })).toEqual(['Lifeguard: none of them is there any more']);
    expect(failing({}, { exportsSeen: 0 })).toEqual([
      'Lifeguard: queries were seen on the server that outlive their deadline',
    ]);
  });

  test('when somebody innocent is named, but not when a place is unknown', () => {
    const why = { evidence: ['overdue'], inTransaction: false } as const;
    const unknown = { file: '(place unknown)', line: 0, functionName: undefined, count: 1, ...why };
    expect(failing({}, { log: { ...log, leaks: [...log.leaks, unknown] } })).toEqual([]);
    const innocent = { file: 'src/shop.ts', line: 30, functionName: 'createOrder', count: 1, ...why };
    expect(failing({}, { log: { ...log, leaks: [...log.leaks, innocent] } })).toEqual([
      'Lifeguard: nobody innocent is reported',
    ]);
  });

  test('when the process has to be killed', () => {
    const shutdown = { tookMs: undefined, limitMs: 2_000, backendsLeft: 0 };
    expect(failing({}, { shutdown })).toEqual(['Lifeguard: closes in time and leaves no backend']);
  });
});

describe('planted functions', () => {
  test('are found with their lines', () => {
    const source = 'import x;\n\nasync function a() {\n  b();\n}\n\nexport function b() {\n}\n';
    expect([...findFunctions(source)]).toEqual([
      ['a', { first: 3, last: 5 }],
      ['b', { first: 7, last: 8 }],
    ]);
  });

  test.each([...LEAKING, OVERRUNNING])('%s is in the example', (name) => {
    const place = { file: 'src/demo/leaks.ts', line: 1, functionName: name };
    expect(isPlanted(place, name)).toBe(false);
    const lines = Array.from({ length: 200 }, (_, index) => ({ ...place, line: index + 1 }));
    expect(lines.filter((each) => isPlanted(each, name)).length).toBeGreaterThan(5);
  });
});
