import { printable } from '@lifeguard/core/adapter';
import type { ConfigRow } from '../config-rows.ts';
import { table } from '../layout.ts';
import type { Paint } from '../paint.ts';

const VALUE = 120;

/** A table for each section, or for each pool. */
export function renderConfig(title: string, rows: readonly ConfigRow[], paint: Paint): string {
  const head = paint('bold', printable(title, 400));
  const sections = [...new Set(rows.map(({ section }) => section))];
  if (sections.length === 0) return `${head}\n  nothing differs from the defaults`;
  return [head, ...sections.map((section) => renderSection(section, rows, paint))].join('\n\n');
}

function renderSection(section: string, rows: readonly ConfigRow[], paint: Paint): string {
  const own = rows.filter((row) => row.section === section);
  const title = own[0]?.origin.kind === 'application' ? `pool ${printable(section)}` : printable(section);
  const cells = own.map((row) => [
    printable(row.key, VALUE),
    valueText(row.key, row.value),
    valueText(row.key, row.fallback),
    originText(row.origin, paint),
  ]);
  return `${title}\n${table(['  KEY', 'VALUE', 'DEFAULT', 'ORIGIN'], cells.map(indented))}`;
}

function indented([key, ...others]: readonly string[]): readonly string[] {
  return [`  ${key}`, ...others];
}

function valueText(key: string, value: ConfigRow['value']): string {
  if (value === undefined) return 'not set';
  if (value === null) return 'no limit';
  return typeof value === 'number' && key.endsWith('Ms')
    ? exactDuration(value)
    : printable(String(value), VALUE);
}

/** Nothing is rounded away: somebody may want to write the same elsewhere. */
function exactDuration(ms: number): string {
  if (ms === 0) return '0';
  if (ms % 3_600_000 === 0) return `${ms / 3_600_000}h`;
  if (ms % 60_000 === 0) return `${ms / 60_000}m`;
  return ms % 1_000 === 0 ? `${ms / 1_000}s` : `${ms}ms`;
}

function originText(origin: ConfigRow['origin'], paint: Paint): string {
  switch (origin.kind) {
    case 'default':
      return paint('dim', 'default');
    case 'application':
      return paint('dim', 'running application');
    case 'environment':
      return `env ${printable(origin.variable)}`;
    case 'file': {
      const { file, line, column, variables } = origin;
      const from = variables.length === 0 ? '' : ` (env ${variables.join(', ')})`;
      return printable(`${file}:${line}:${column}${from}`, VALUE);
    }
    /* v8 ignore next -- an origin that is missing above does not compile */
    default:
      return origin satisfies never;
  }
}
