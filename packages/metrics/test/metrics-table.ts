import { Pool } from '@lifeguard/core';
import { FakeConnector, ManualClock } from '@lifeguard/core/testing';
import { readingsOf } from '../src/instrument.ts';
import type { Instrument } from '../src/instrument.ts';
import { INSTRUMENTS } from '../src/instruments.ts';
import { prometheusLabels, prometheusName } from '../src/prometheus-names.ts';

const KINDS = {
  gauge: 'gauge',
  'up-down-counter': 'up-down counter',
  counter: 'counter',
  histogram: 'histogram',
};

/** Where the table is in the page. */
export const TABLE =
  /(?<=<!-- the table: node packages\/metrics\/test\/write-metrics-table\.ts -->\n\n)(?:\|.*\n)+/;

/** The table of docs/monitoring.md. */
export function metricsTable(): string {
  const fresh = new Pool(new FakeConnector(), { clock: new ManualClock() }).snapshot();
  const rows = INSTRUMENTS.map((instrument) => {
    const ours = `\`${prometheusName(instrument)}\``;
    return `| ${ours} | \`${instrument.name}\` | ${KINDS[instrument.kind]} | ${labelsOf(instrument)} | ${instrument.help} |`;
  });
  return [
    '| Prometheus | OpenTelemetry | kind | besides the pool | |',
    '|---|---|---|---|---|',
    ...rows,
    '',
  ].join('\n');

  function labelsOf(instrument: Instrument): string {
    if (instrument.kind === 'histogram') return '`le`';
    if (instrument.attribute === undefined) return instrument.isOfProcess === true ? 'without pool' : '';
    const [label] = Object.keys(prometheusLabels({ [instrument.attribute]: '' }));
    return `\`${label}\`: ${readingsOf(instrument, fresh)
      .map(([value]) => value)
      .join(', ')}`;
  }
}
