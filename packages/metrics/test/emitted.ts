import { familiesOf, lookAtThese } from '../src/families.ts';
import { seriesOf } from '../src/series.ts';
import { makePool } from './measured-world.ts';
import { readQuery } from './promql.ts';
import type { Selector } from './promql.ts';

/** The labels that Prometheus gives to the target, and those that we ask people to give. */
const OF_TARGETS: readonly string[] = ['job', 'instance', 'database_server'];

/** Each series that a pool has, as Prometheus sees it: by its name, the labels and their values. */
export function emittedSeries(): ReadonlyMap<string, ReadonlyMap<string, ReadonlySet<string>>> {
  const { pool } = makePool({ minIdle: 1, acquireTimeoutMs: 1_000 });
  const emitted = new Map<string, Map<string, Set<string>>>();
  for (const { name, labels } of familiesOf(lookAtThese([pool])).flatMap(seriesOf)) {
    const known = emitted.get(name) ?? new Map<string, Set<string>>();
    for (const [label, value] of Object.entries(labels))
      known.set(label, (known.get(label) ?? new Set<string>()).add(value));
    emitted.set(name, known);
  }
  return emitted;
}

/** What a query asks for that nobody says: a metric that is not ours, a label it has not, a value that this never has. */
export function strangersIn(query: string, others: readonly string[] = []): readonly string[] {
  const emitted = emittedSeries();
  const labels = new Set([...OF_TARGETS, ...[...emitted.values()].flatMap((known) => [...known.keys()])]);
  const { selectors, labels: grouped } = readQuery(query);
  return [
    ...grouped.filter((label) => !labels.has(label)).map((label) => `label ${label}`),
    ...selectors
      .filter(({ metric }) => !others.includes(metric))
      .flatMap((selector) => strangersOf(selector, emitted)),
  ];
}

function strangersOf({ metric, matchers }: Selector, emitted: ReturnType<typeof emittedSeries>): string[] {
  const known = emitted.get(metric);
  if (known === undefined) return [`metric ${metric}`];
  return matchers.flatMap(({ label, operator, value }) => {
    if (OF_TARGETS.includes(label)) return [];
    const values = known.get(label);
    if (values === undefined) return [`label ${label} of ${metric}`];
    const isAny = label === 'db_client_connection_pool_name' || operator !== '=';
    return isAny || values.has(value) ? [] : [`${label}="${value}" of ${metric}`];
  });
}
