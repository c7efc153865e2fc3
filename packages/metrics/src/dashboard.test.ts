import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { dashboard } from '../test/dashboard/dashboard.ts';
import { emittedSeries, strangersIn } from '../test/emitted.ts';
import { readQuery } from '../test/promql.ts';

interface Box {
  readonly x: number;
  readonly y: number;
  readonly w: number;
  readonly h: number;
}

interface Panel {
  readonly id: number;
  readonly type: string;
  readonly title: string;
  readonly description?: string;
  readonly gridPos: Box;
  readonly datasource?: { readonly uid: string };
  readonly targets?: readonly {
    readonly refId: string;
    readonly expr: string;
    readonly legendFormat: string;
  }[];
  readonly fieldConfig?: { readonly defaults: { readonly unit?: string } };
  readonly options?: { readonly yAxis?: { readonly unit: string } };
}

interface Dashboard {
  readonly schemaVersion: number;
  readonly uid: string;
  readonly panels: readonly Panel[];
  readonly templating: {
    readonly list: readonly {
      readonly name: string;
      readonly type: string;
      readonly query: string | { readonly query: string };
    }[];
  };
}

const text = readFileSync(new URL('../grafana/lifeguard.json', import.meta.url), 'utf8');
const { panels, templating, schemaVersion, uid } = JSON.parse(text) as Dashboard;
const shown = panels.filter(({ type }) => type !== 'row');
const variables = templating.list.map(({ name }) => name);
/** Variables that Grafana has by itself. */
const BUILT_IN = ['__rate_interval', '__all'];

/** A query as Prometheus is asked it. */
const filledIn = (expr: string): string => expr.replaceAll('$__rate_interval', '5m');
const variablesIn = (part: string): readonly string[] =>
  [...part.matchAll(/\$(?:\{(\w+)\}|(\w+))/g)].map(([, one, other]) => one ?? other ?? '');

describe('grafana/lifeguard.json', () => {
  it('is what test/write-dashboard.ts writes', () => {
    expect(text).toBe(`${JSON.stringify(dashboard(), undefined, 2)}\n`);
  });

  it('is of a version that Grafana 10 reads, and has a name of its own', () => {
    expect(schemaVersion).toBeLessThanOrEqual(38);
    expect(uid).toMatch(/^[a-z-]{8,40}$/);
    expect(JSON.parse(text)).toMatchObject({ id: null });
  });

  it.each(shown.map((panel) => [panel.title, panel] as const))(
    '%s has all that a panel needs',
    (_, panel) => {
      expect(panel.title.length).toBeGreaterThan(2);
      expect(panel.description).toMatch(/^[A-Z].{20,}\.$/);
      expect(panel.datasource?.uid).toBe('${datasource}');
      expect(panel.fieldConfig?.defaults.unit ?? panel.options?.yAxis?.unit).toMatch(
        /^(?:short|percentunit|s|ops|cps)$/,
      );
      expect(panel.targets?.length).toBeGreaterThan(0);
      const references = panel.targets?.map(({ refId }) => refId) ?? [];
      expect(new Set(references).size).toBe(references.length);
    },
  );

  it.each(shown.map((panel) => [panel.title, panel] as const))(
    '%s asks for nothing that we do not emit',
    (_, panel) => {
      for (const { expr, legendFormat } of panel.targets ?? []) {
        const query = filledIn(expr);
        expect(strangersIn(query)).toEqual([]);
        expect(readQuery(query).selectors.length).toBeGreaterThan(0);
        // Each is narrowed down to what was chosen.
        for (const { metric, matchers } of readQuery(query).selectors) {
          const isOfPool = emittedSeries().get(metric)?.has('db_client_connection_pool_name') === true;
          expect(matchers.filter(({ value }) => value.startsWith('$')).map(({ value }) => value)).toEqual(
            ['$job', '$instance', '$pool'].slice(0, isOfPool ? 3 : 2),
          );
        }
        for (const [, label = ''] of legendFormat.matchAll(/\{\{(\w+)\}\}/g))
          expect(strangersIn(`sum by (${label}) (lifeguard_connections)`)).toEqual([]);
      }
    },
  );

  it('uses the variables that there are, and has none that it does not use', () => {
    const used = new Set(variablesIn(text));
    expect([...used].filter((name) => !variables.includes(name) && !BUILT_IN.includes(name))).toEqual([]);
    expect(variables.filter((name) => !used.has(name))).toEqual([]);
    for (const { name, type, query } of templating.list) {
      if (type === 'datasource') continue;
      const own = typeof query === 'string' ? query : query.query;
      // Of what was chosen before, and not of what comes later.
      expect(variables.slice(0, variables.indexOf(name))).toEqual(
        expect.arrayContaining([...variablesIn(own)]),
      );
      expect(strangersIn(own.replace(/, \w+\)$/, ')'))).toEqual([]);
      expect(strangersIn(`sum by (${/, (\w+)\)$/.exec(own)?.[1]}) (lifeguard_connections)`)).toEqual([]);
    }
  });

  it('has each panel in a place of its own, none of them twice', () => {
    const ids = panels.map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
    const titles = panels.map(({ title }) => title);
    expect(new Set(titles).size).toBe(titles.length);
    const taken = new Set<string>();
    for (const { title, gridPos } of panels) {
      const { x, y, w, h } = gridPos;
      expect(x + w, title).toBeLessThanOrEqual(24);
      for (let column = x; column < x + w; column += 1)
        for (let row = y; row < y + h; row += 1) {
          expect(taken, title).not.toContain(`${column} ${row}`);
          taken.add(`${column} ${row}`);
        }
    }
  });

  it('shows all that is measured', () => {
    const asked = new Set(
      shown.flatMap(({ targets = [] }) =>
        targets.flatMap(({ expr }) => readQuery(filledIn(expr)).selectors.map(({ metric }) => metric)),
      ),
    );
    const families = [...emittedSeries().keys()].filter(
      (name) => !/_(?:sum|count)$/.test(name) || name === 'db_client_connection_count',
    );
    expect(families.filter((name) => !asked.has(name))).toEqual([]);
  });
});
