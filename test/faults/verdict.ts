import type { FaultRow } from './fault-row.ts';
import type { RowResult } from './row-result.ts';

/** The bound of the issue; everything else here is counted, not timed. */
const CAPACITY_WITHIN_MS = 5_000;

/** What must not happen and has happened, in words; empty when all is well. */
export function verdictOf(row: FaultRow, result: RowResult): readonly string[] {
  const wrong: string[] = [];
  const expectNone = (what: string, count: number): void => {
    if (count > 0) wrong.push(`${count} ${what}`);
  };
  if (result.crash !== undefined) wrong.push(`the process died: ${result.crash}`);
  expectNone('acquires were stuck', result.stuckAcquires);
  expectNone('units of work never ended', result.stuckUnits);
  expectNone('connections were lent twice', result.doubleLeases);
  expectNone('answers went to the wrong caller', result.wrongAnswers);
  expectNone('backends were left after the close', result.backendsLeft);
  if (result.samples === 0) wrong.push('the server was never looked at');
  const bound = result.max + result.maxLost;
  if (result.maxBackends > bound) wrong.push(`${result.maxBackends} backends, where ${bound} are allowed`);
  if (row.isEnd !== true) {
    const { capacityMs, closeMs } = result;
    if (capacityMs === undefined) wrong.push('full capacity did not come back');
    else if (capacityMs > CAPACITY_WITHIN_MS)
      wrong.push(`full capacity came back after ${Math.round(capacityMs)} ms`);
    if (closeMs === undefined) wrong.push('the pool could not be closed');
  }
  return [...wrong, ...(row.judge?.(result) ?? [])];
}
