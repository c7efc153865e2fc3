import type { Exemplar } from './exemplars.ts';
import { familiesOf } from './families.ts';
import type { Family, LabelledSnapshot } from './families.ts';
import { prometheusName, prometheusType } from './prometheus-names.ts';
import { seriesOf } from './series.ts';
import type { Series } from './series.ts';

/** These pools in the text format of OpenMetrics 1.0, with the exemplars that are known. */
export function openMetricsOf(pools: readonly LabelledSnapshot[]): string {
  return `${familiesOf(pools).map(familyText).join('')}# EOF\n`;
}

function familyText(family: Family): string {
  if (family.points.length === 0) return '';
  const { instrument } = family;
  // What ends in `_total` is a line of the family, and not the family.
  const name = prometheusName(instrument).replace(/_total$/, '');
  const unit = instrument.unit === 's' ? `# UNIT ${name} seconds\n` : '';
  const lines = seriesOf(family).map(lineOf).join('');
  return `# TYPE ${name} ${prometheusType(instrument)}\n${unit}# HELP ${name} ${escape(instrument.help)}\n${lines}`;
}

function lineOf({ name, labels, value, exemplar }: Series): string {
  const pairs = Object.entries(labels).map(
    ([label, text]) => `${label}="${label === 'le' ? canonical(text) : escape(text)}"`,
  );
  const line = `${name}${pairs.length === 0 ? '' : `{${pairs.join(',')}}`} ${value}`;
  return exemplar === undefined ? `${line}\n` : `${line} ${exemplarText(exemplar)}\n`;
}

function exemplarText({ traceId, spanId, ms, at }: Exemplar): string {
  return `# {trace_id="${escape(traceId)}",span_id="${escape(spanId)}"} ${ms / 1_000} ${(at / 1_000).toFixed(3)}`;
}

/** A bound is always written as what it is, a number with a fraction. */
function canonical(bound: string): string {
  return /^\d+$/.test(bound) ? `${bound}.0` : bound;
}

function escape(text: string): string {
  return text.replaceAll('\\', '\\\\').replaceAll('\n', '\\n').replaceAll('"', '\\"');
}
