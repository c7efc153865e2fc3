import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** Where a file of `@lifeguard/metrics` is that is not code. */
export function shipped(path: string): string {
  return fileURLToPath(new URL(`../../packages/metrics/${path}`, import.meta.url));
}

/** A query of a panel, with its variables filled in as Grafana does. */
export interface PanelQuery {
  readonly panel: string;
  readonly query: string;
}

/** All queries of the dashboard, of all jobs, instances and pools. */
export function panelQueries(rateInterval: string): readonly PanelQuery[] {
  const { panels } = JSON.parse(readFileSync(shipped('grafana/lifeguard.json'), 'utf8')) as {
    panels: { title: string; targets?: { expr: string; refId: string }[] }[];
  };
  return panels.flatMap(({ title, targets = [] }) =>
    targets.map(({ expr, refId }) => ({
      panel: `${title} ${refId}`,
      query: expr.replaceAll('$__rate_interval', rateInterval).replaceAll(/\$(?:job|instance|pool)\b/g, '.*'),
    })),
  );
}
