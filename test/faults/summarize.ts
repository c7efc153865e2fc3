import type { RowResult } from './row-result.ts';

/** What several runs of one fault against one side have shown, in a few words; in bold what must not happen. */
export function summarize(results: readonly RowResult[]): string {
  const died = results.filter(({ crash }) => crash !== undefined);
  const lived = results.filter(({ crash }) => crash === undefined);
  const parts: string[] = [];
  if (died.length > 0) parts.push(bold(`process died${ofAll(died.length, results.length)}`));
  if (lived.length > 0) parts.push(...describeSurvivors(lived));
  return parts.join('; ');
}

function describeSurvivors(results: readonly RowResult[]): string[] {
  const parts: string[] = [];
  const isEnd = results.every(({ row }) => row.startsWith('end-'));
  if (!isEnd) parts.push(describeErrors(results), describeCapacity(results));
  const backends = Math.max(...results.map(({ maxBackends }) => maxBackends));
  const allowed = Math.max(...results.map(({ max, maxLost }) => max + maxLost));
  const lost = Math.max(...results.map(({ maxLost }) => maxLost));
  const count = lost > 0 ? `${backends} backends, ${lost} of them known as lost` : `${backends} backends`;
  if (backends > allowed) parts.push(bold(`${backends} backends`));
  else if (lost > 0) parts.push(count);
  for (const [what, countOf] of BAD) {
    const worst = Math.max(...results.map(countOf));
    if (worst > 0) parts.push(bold(`${worst} ${what}`));
  }
  return [...parts, ...describeNotes(results)];
}

const BAD: readonly (readonly [string, (result: RowResult) => number])[] = [
  ['acquires stuck', ({ stuckAcquires }) => stuckAcquires],
  ['connections lent twice', ({ doubleLeases }) => doubleLeases],
  ['wrong answers', ({ wrongAnswers }) => wrongAnswers],
  ['backends left', ({ backendsLeft }) => backendsLeft],
];

function describeErrors(results: readonly RowResult[]): string {
  const counts = results.map(({ errors }) => Object.values(errors).reduce((sum, count) => sum + count, 0));
  return `${range(counts)} errors`;
}

function describeCapacity(results: readonly RowResult[]): string {
  const back = results.flatMap(({ capacityMs }) => (capacityMs === undefined ? [] : [capacityMs]));
  const never = results.length - back.length;
  if (never > 0) return bold(`capacity did not come back${ofAll(never, results.length)}`);
  return `back in ${(Math.max(...back) / 1_000).toFixed(2)} s`;
}

function describeNotes(results: readonly RowResult[]): string[] {
  const names = [...new Set(results.flatMap(({ notes }) => Object.keys(notes)))];
  return names.map((name) => {
    const values = results.flatMap(({ notes }) => notes[name] ?? []);
    const counts = values.filter((value) => typeof value === 'number');
    const words = [...new Set(values.filter((value) => typeof value === 'string'))];
    return `${name}: ${[...(counts.length > 0 ? [range(counts)] : []), ...words].join(', ')}`;
  });
}

function range(values: readonly number[]): string {
  const [low, high] = [Math.min(...values), Math.max(...values)];
  return low === high ? String(low) : `${low}–${high}`;
}

function ofAll(count: number, all: number): string {
  return count === all ? '' : ` (${count} of ${all})`;
}

function bold(text: string): string {
  return `**${text}**`;
}
