import { readFileSync } from 'node:fs';
import { parse } from 'yaml';

interface Rule {
  readonly alert?: string;
  readonly record?: string;
  readonly expr: string;
  readonly for?: string;
  readonly labels?: { readonly severity: string };
  readonly annotations?: { readonly summary: string; readonly description: string; readonly runbook: string };
}

/** Where the table is in the page. */
export const ALERTS_TABLE =
  /(?<=<!-- the alerts: node packages\/metrics\/test\/write-metrics-table\.ts -->\n\n)(?:\|.*\n)+/;

/** The rules of prometheus/alerts.yaml. */
export function readRules(): readonly Rule[] {
  const text = readFileSync(new URL('../prometheus/alerts.yaml', import.meta.url), 'utf8');
  const { groups } = parse(text) as { groups: readonly { rules: readonly Rule[] }[] };
  return groups.flatMap(({ rules }) => rules);
}

/** The table of alerts in docs/monitoring.md. */
export function alertsTable(): string {
  const rows = readRules().flatMap(({ alert, expr, for: during, labels }) => {
    if (alert === undefined) return [];
    const condition = expr
      .trim()
      .replaceAll(/\s+/g, ' ')
      .replaceAll('( ', '(')
      .replaceAll(' )', ')')
      .replaceAll('|', '\\|');
    return [`| \`${alert}\` | ${labels?.severity} | \`${condition}\` | ${during ?? 'at once'} |`];
  });
  return ['| alert | severity | when | for |', '|---|---|---|---|', ...rows, ''].join('\n');
}
