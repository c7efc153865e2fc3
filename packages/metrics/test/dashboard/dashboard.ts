import type { Panel, Row, Target } from './panel.ts';
import { POOL } from './queries.ts';
import { ROWS } from './rows.ts';

const WIDTH = 24;
const HEIGHTS: Readonly<Record<Panel['kind'], number>> = { stat: 4, lines: 8, stacked: 8, heatmap: 8 };
const DATASOURCE = { type: 'prometheus', uid: '${datasource}' };

/** The dashboard in the classic model of Grafana, which 10 and later read. */
export function dashboard(): object {
  return {
    __requires: [
      { type: 'grafana', id: 'grafana', name: 'Grafana', version: '10.0.0' },
      { type: 'datasource', id: 'prometheus', name: 'Prometheus', version: '1.0.0' },
    ],
    id: null,
    uid: 'lifeguard-pools',
    title: 'Lifeguard: PostgreSQL connection pools',
    description: 'The connection pools of Node.js applications, as @lifeguard/metrics measures them.',
    tags: ['lifeguard', 'postgresql'],
    schemaVersion: 38,
    version: 1,
    editable: true,
    graphTooltip: 1,
    timezone: '',
    refresh: '30s',
    time: { from: 'now-1h', to: 'now' },
    timepicker: {},
    annotations: { list: [] },
    links: [],
    templating: { list: variables() },
    panels: panelsOf(ROWS),
  };
}

function variables(): readonly object[] {
  const chosen = 'job=~"$job"';
  return [
    {
      name: 'datasource',
      label: 'Data source',
      type: 'datasource',
      query: 'prometheus',
      refresh: 1,
      hide: 0,
      current: {},
    },
    variable('job', 'Job', 'label_values(db_client_connection_max, job)'),
    variable('instance', 'Instance', `label_values(db_client_connection_max{${chosen}}, instance)`),
    variable(
      'pool',
      'Pool',
      `label_values(db_client_connection_max{${chosen},instance=~"$instance"}, ${POOL})`,
    ),
  ];
}

function variable(name: string, label: string, query: string): object {
  return {
    name,
    label,
    type: 'query',
    datasource: DATASOURCE,
    definition: query,
    query: { query, refId: `variable-${name}` },
    refresh: 2,
    sort: 1,
    hide: 0,
    multi: true,
    includeAll: true,
    // Also of what has no such label.
    allValue: '.*',
    current: { selected: true, text: ['All'], value: ['$__all'] },
  };
}

function panelsOf(rows: readonly Row[]): readonly object[] {
  const panels: object[] = [];
  let y = 0;
  for (const { title, panels: own } of rows) {
    panels.push({
      id: panels.length + 1,
      type: 'row',
      title,
      collapsed: false,
      panels: [],
      gridPos: { x: 0, y, w: WIDTH, h: 1 },
    });
    y += 1;
    let [x, height] = [0, 0];
    for (const panel of own) {
      if (x + panel.width > WIDTH) [x, y, height] = [0, y + height, 0];
      const h = HEIGHTS[panel.kind];
      panels.push(panelOf(panel, panels.length + 1, { x, y, w: panel.width, h }));
      [x, height] = [x + panel.width, Math.max(height, h)];
    }
    y += height;
  }
  return panels;
}

function panelOf(panel: Panel, id: number, gridPos: object): object {
  const { title, description, targets } = panel;
  return {
    id,
    title,
    description,
    datasource: DATASOURCE,
    gridPos,
    targets: targets.map((target, index) => targetOf(panel, target, index)),
    ...looksOf(panel),
  };
}

function targetOf({ kind }: Panel, { query, legend, hasExemplars }: Target, index: number): object {
  return {
    refId: String.fromCodePoint(65 + index),
    datasource: DATASOURCE,
    editorMode: 'code',
    expr: query,
    legendFormat: legend ?? '__auto',
    exemplar: hasExemplars === true,
    instant: kind === 'stat',
    range: kind !== 'stat',
    format: kind === 'heatmap' ? 'heatmap' : 'time_series',
  };
}

function looksOf({ kind, unit, thresholds, max }: Panel): object {
  const limits = { min: 0, ...(max === undefined ? {} : { max }) };
  switch (kind) {
    case 'stat':
      return {
        type: 'stat',
        fieldConfig: {
          defaults: { unit, ...limits, color: { mode: 'thresholds' }, thresholds: stepsOf(thresholds) },
          overrides: [],
        },
        options: {
          reduceOptions: { calcs: ['lastNotNull'], fields: '', values: false },
          colorMode: 'value',
          graphMode: 'none',
        },
      };
    case 'heatmap':
      return {
        type: 'heatmap',
        fieldConfig: { defaults: {}, overrides: [] },
        options: {
          calculate: false,
          yAxis: { unit, axisPlacement: 'left' },
          cellGap: 1,
          color: { mode: 'scheme', scheme: 'Oranges', steps: 64 },
          tooltip: { show: true, yHistogram: false },
          legend: { show: true },
        },
      };
    case 'lines':
    case 'stacked':
      return {
        type: 'timeseries',
        fieldConfig: {
          defaults: {
            unit,
            ...limits,
            color: { mode: 'palette-classic' },
            custom: {
              drawStyle: 'line',
              lineWidth: 1,
              fillOpacity: kind === 'stacked' ? 30 : 0,
              showPoints: 'never',
              spanNulls: false,
              stacking: { mode: kind === 'stacked' ? 'normal' : 'none', group: 'A' },
            },
          },
          overrides: [],
        },
        options: {
          legend: { displayMode: 'list', placement: 'bottom', showLegend: true },
          tooltip: { mode: 'multi', sort: 'desc' },
        },
      };
    default:
      return kind satisfies never;
  }
}

function stepsOf([orange, red]: readonly [number, number] = [1, 2]): object {
  return {
    mode: 'absolute',
    steps: [
      { color: 'green', value: null },
      { color: 'orange', value: orange },
      { color: 'red', value: red },
    ],
  };
}
