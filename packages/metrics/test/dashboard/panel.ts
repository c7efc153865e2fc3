/** One line, or group of lines, of a panel. */
export interface Target {
  readonly query: string;
  /** @default what Grafana makes of the labels */
  readonly legend?: string;
  /** Shows, as points, traces of calls that were measured. Of one target of a panel: they would be the same for all. */
  readonly hasExemplars?: true;
}

/** What is shown in one place. */
export interface Panel {
  readonly title: string;
  readonly description: string;
  readonly kind: 'stat' | 'lines' | 'stacked' | 'heatmap';
  /** As Grafana names it. */
  readonly unit: 'short' | 'percentunit' | 's' | 'ops' | 'cps';
  /** Of 24. */
  readonly width: number;
  readonly targets: readonly Target[];
  /** From which value on it is orange, and red. */
  readonly thresholds?: readonly [number, number];
  readonly max?: number;
}

/** Panels below a heading. */
export interface Row {
  readonly title: string;
  readonly panels: readonly Panel[];
}
