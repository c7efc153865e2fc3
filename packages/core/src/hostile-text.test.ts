import { inspect } from 'node:util';
import fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';
import { makePool } from '../test/pool-fixture.ts';
import { readStack } from './call-site.ts';
import { renderReport } from './error-report.ts';
import { InvalidOptionError } from './errors.ts';
import { formatLeakReport } from './leak-report.ts';
import type { LeakReport } from './leak-report.ts';
import { processWarningLogger } from './logger.ts';
import { isPrintable } from './printable.ts';
import { runSession } from './run-session.ts';
import { sqlFingerprint } from './sql-fingerprint.ts';

/** A line of its own that looks like ours, an escape that clears the screen (two ways), separators, a change of direction. */
const FORGERY = 'a\nLG_LEAK_SUSPECTED: forged\r\u001b[2J\u009b2J\u2028\u2029\u202e\u0000z';
const LONG = `${FORGERY}${'x'.repeat(100_000)}`;

/** Only our own line breaks, and nothing that a terminal obeys. */
function expectTame(text: string): void {
  for (const line of text.split('\n')) {
    expect(isPrintable(line)).toBe(true);
    expect(line.length).toBeLessThan(2_500);
    expect(line).not.toMatch(/^LG_LEAK_SUSPECTED: forged/);
  }
}

/** Every text in a value, keys too. */
function textsIn(value: unknown): string[] {
  if (typeof value === 'string') return [value];
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, each]) => [key, ...textsIn(each)]);
}

describe('security rule 7: no name of the user’s forges a line, moves a cursor, or is long', () => {
  it('in a leak report, its log line, the snapshot and the errors', async () => {
    const { pool, clock, logged } = makePool({
      size: 1,
      acquireTimeoutMs: 2_000_000,
      leakThresholdMs: 10_000,
    });
    const reports: LeakReport[] = [];
    pool.on('leak', (report) => void reports.push(report));
    const errors: unknown[] = [];
    await runSession(
      { name: LONG, tags: { [LONG]: LONG }, traceId: LONG, timeoutMs: 60_000, clock },
      async () => {
        const lease = await pool.acquire({ label: LONG });
        lease.record.queryStarted(`select "${FORGERY}", ${FORGERY} from t`);
        lease.record.queryEnded('open');
        errors.push(...(await turnedAway()));
        await clock.advance(20_000);
        const views = [pool.snapshot(), ...reports];
        expect(reports).toHaveLength(1);
        for (const text of views.flatMap(textsIn)) expectTame(text);
        reports.map(formatLeakReport).forEach(expectTame);
        await clock.advance(60_000);
      },
    ).catch((error: unknown) => errors.push(error));
    expect(errors).toHaveLength(3);
    for (const error of errors) expectTame((error as Error).message);
    expect(logged.join()).toContain('LG_LEAK_SUSPECTED');
    logged.forEach(expectTame);

    async function turnedAway(): Promise<unknown[]> {
      const waits = pool.acquire({ label: LONG, timeoutMs: 100 }).catch((error: unknown) => error);
      const nested = pool.acquire({ timeoutMs: 100 }).catch((error: unknown) => error);
      await clock.advance(200);
      return [await waits, await nested];
    }
  });

  it('in what a listener throws', async () => {
    const { pool, logged } = makePool();
    pool.on('acquire', () => {
      throw new Error(LONG);
    });
    (await pool.acquire()).release();
    expect(logged).toHaveLength(1);
    logged.forEach(expectTame);
  });

  it('in a process warning', () => {
    const emit = vi.spyOn(process, 'emitWarning').mockImplementation(() => undefined);
    const text = renderReport(`LG_X: ${FORGERY}`, [['place', [FORGERY, LONG]]]);
    processWarningLogger.warn({ code: 'LG_X' }, text);
    expect(emit.mock.calls).toHaveLength(1);
    for (const line of emit.mock.calls.flatMap(textsIn)) expectTame(line);
    emit.mockRestore();
  });

  it('in the name of a function or file', () => {
    const named = { [FORGERY]: () => new Error('x') };
    const stack = String(named[FORGERY]?.().stack);
    const odd = 'Error\n    at a\u001b[2Jb\u202e (/app/\u009bc\u202e.js:1:2)';
    for (const text of [...textsIn(readStack(stack)), ...textsIn(readStack(odd))]) expectTame(text);
    expect(readStack(odd).site?.functionName).toBe('a\\u{1b}[2Jb\\u{202e}');
    expect(readStack(`Error\n    at f (data:${'x'.repeat(9_999)}:1:2)`).site?.file.length).toBeLessThan(300);
  });

  it('in the name of a pool, which is refused', () => {
    expect(() => makePool({ name: FORGERY })).toThrow(InvalidOptionError);
    expectTame(new InvalidOptionError('name', 'a name', FORGERY).message);
    expectTame(new InvalidOptionError(FORGERY, 'left out', FORGERY).message);
  });

  it('in a fingerprint, whatever the statement is', () => {
    const text = fc.string({ unit: 'binary', maxLength: 300 });
    fc.assert(
      fc.property(text, (sql) => expectTame(sqlFingerprint(sql))),
      { numRuns: 2_000 },
    );
    expectTame(sqlFingerprint(`select "${FORGERY}" from ${FORGERY} -- ${FORGERY}`));
  });

  it('in a report, whatever stands in it', () => {
    const text = fc.string({ unit: 'binary', maxLength: 300 });
    fc.assert(
      fc.property(text, text, (summary, row) => {
        const lines = renderReport(summary, [['row', [row, row]]]).split('\n');
        expect(lines).toHaveLength(3);
        lines.forEach(expectTame);
      }),
    );
  });
});

describe('security rule 4: a refused option does not show what may be a secret', () => {
  it.each([
    ['under a misspelt name', 'passwort', 'Canary7secret'],
    ['as an address under a known name', 'reclaim', 'postgres://me:Canary7secret@host/db'],
    ['as an address under the name of the pool', 'name', `postgres://me:Canary7secret@${'x'.repeat(100)}`],
  ])('%s', (_, option, value) => {
    let error: unknown;
    try {
      makePool({ [option]: value });
    } catch (caught) {
      error = caught;
    }
    expect(error).toBeInstanceOf(InvalidOptionError);
    expect(inspect(error, { depth: 9, showHidden: true })).not.toContain('Canary7secret');
  });
});
