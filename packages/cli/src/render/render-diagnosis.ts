import { formatCallSite } from '@lifeguard/core';
import { printable } from '@lifeguard/core/adapter';
import type { LeaseView, Recommendation } from '@lifeguard/core';
import { hanging } from '../layout.ts';
import type { Layout } from '../layout.ts';
import { paintGrade } from '../paint.ts';
import type { Paint } from '../paint.ts';
import type { PoolState } from '../pool-state.ts';
import { durationText } from './number-text.ts';

/** Longest sentence that is shown whole. */
const SENTENCE = 1_000;
/** Leases that are listed of one pool. */
const MAX_LEASES = 20;

/** What is wrong with each pool, and what to do. */
export function renderDiagnosis(
  title: string,
  pools: readonly PoolState[],
  paint: Paint,
  layout: Layout,
): string {
  const head = paint('bold', printable(title));
  if (pools.length === 0) return `${head}\n  no pools`;
  return [head, ...pools.map((pool) => renderPool(pool, paint, layout))].join('\n\n');
}

function renderPool(state: PoolState, paint: Paint, layout: Layout): string {
  const { snapshot, diagnosis, undiagnosed, health, reasons } = state;
  const lines = [`pool ${paint('bold', printable(snapshot.name))}: ${paintGrade(paint, health)}`];
  for (const reason of reasons) lines.push(hanging('  ', printable(reason, SENTENCE), layout));
  if (undiagnosed !== undefined)
    lines.push(hanging('  ', `no advice: ${printable(undiagnosed, SENTENCE)}`, layout));
  const leaks = diagnosis?.potentialLeaks ?? snapshot.leases.filter(({ suspected }) => suspected);
  if (leaks.length > 0) lines.push('', ...leaksOf(leaks, layout));
  for (const each of diagnosis?.recommendations ?? []) lines.push('', ...adviceOf(each, paint, layout));
  if (diagnosis?.recommendations.length === 0) lines.push('  nothing to advise');
  return lines.join('\n');
}

function adviceOf(
  { severity, rule, summary, evidence, change, risk }: Recommendation,
  paint: Paint,
  layout: Layout,
): string[] {
  const row = (label: string, text: string): string =>
    hanging(`    ${label.padEnd(10)}`, printable(text, SENTENCE), layout);
  return [
    `  ${paintGrade(paint, severity)} ${paint('dim', printable(rule, 60))}`,
    hanging('    ', printable(summary, SENTENCE), layout),
    ...evidence.map((each, index) => row(index === 0 ? 'evidence' : '', each)),
    row('change', change),
    row('risk', risk),
  ];
}

function leaksOf(leases: readonly LeaseView[], layout: Layout): string[] {
  const shown = leases.slice(0, MAX_LEASES).map((lease) => hanging('    ', leaseText(lease), layout));
  const more = leases.length - shown.length;
  return ['  potential leaks', ...shown, ...(more > 0 ? [`    and ${more} more`] : [])];
}

function leaseText({ site, label, heldMs, idleMs, transaction, queries, lastQuery }: LeaseView): string {
  const place = printable(label ?? formatCallSite(site));
  const idle = idleMs === undefined ? '' : `, no query for ${durationText(idleMs)}`;
  const open = transaction === 'open' || transaction === 'failed' ? ', in a transaction' : '';
  const last = lastQuery === undefined ? '' : `, last ${printable(lastQuery, 120)}`;
  return `${place}: held for ${durationText(heldMs)}${queries === 0 ? ', no query yet' : idle}${open}${last}`;
}
