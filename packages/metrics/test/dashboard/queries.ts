/** The labels by which panels are narrowed down to what was chosen. */
const CHOSEN = 'job=~"$job",instance=~"$instance"';
/** The label that has the name of the pool. */
export const POOL = 'db_client_connection_pool_name';

/** The values of the pools that were chosen. */
export function of(metric: string, ...matchers: readonly string[]): string {
  return `${metric}{${[CHOSEN, `${POOL}=~"$pool"`, ...matchers].join(',')}}`;
}

/** The values of the processes that were chosen, of a metric that is of no pool. */
export function ofProcess(metric: string): string {
  return `${metric}{${CHOSEN}}`;
}

/** How fast that grows, in one second. */
export function rate(selector: string): string {
  return `rate(${selector}[$__rate_interval])`;
}

export function sum(query: string, ...by: readonly string[]): string {
  return by.length === 0 ? `sum(${query})` : `sum by (${by.join(', ')}) (${query})`;
}

/** The duration that this share of all did not exceed, pool by pool, of all instances together. */
export function quantile(share: number, metric: string): string {
  return `histogram_quantile(${share}, ${sum(rate(of(`${metric}_bucket`)), POOL, 'le')})`;
}

export const USED: string = of('db_client_connection_count', 'db_client_connection_state="used"');
export const MAX: string = of('db_client_connection_max');
export const PENDING: string = of('db_client_connection_pending_requests');
export const LEGEND = `{{${POOL}}}`;
export const LEGEND_EACH = `{{${POOL}}} {{instance}}`;
