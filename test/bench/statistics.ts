/** What repeated samples of one thing say. */
export interface Summary {
  readonly median: number;
  /** Quartiles. */
  readonly q1: number;
  readonly q3: number;
  readonly samples: number;
}

/** The value below which the share `at` of the samples lies, interpolated. */
function quantile(samples: readonly number[], at: number): number {
  const sorted = samples.toSorted((a, b) => a - b);
  const position = (sorted.length - 1) * at;
  const below = sorted[Math.floor(position)];
  const above = sorted[Math.ceil(position)];
  if (below === undefined || above === undefined) throw new Error('there are no samples');
  return below + (above - below) * (position % 1);
}

export function summarise(samples: readonly number[]): Summary {
  return {
    median: quantile(samples, 0.5),
    q1: quantile(samples, 0.25),
    q3: quantile(samples, 0.75),
    samples: samples.length,
  };
}

/** Samples of one round divided by each other, then summarised: what disturbed a whole round cancels out. */
export function ratioOf(samples: readonly number[], reference: readonly number[]): Summary {
  if (samples.length !== reference.length) throw new Error('ratios need samples of the same rounds');
  return summarise(samples.map((sample, round) => sample / (reference[round] as number)));
}
/** The slope of a line through the points, by least squares. */
export function slope(points: readonly (readonly [x: number, y: number])[]): number {
  const mean = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0) / values.length;
  const meanX = mean(points.map(([x]) => x));
  const meanY = mean(points.map(([, y]) => y));
  const covariance = points.reduce((sum, [x, y]) => sum + (x - meanX) * (y - meanY), 0);
  const variance = points.reduce((sum, [x]) => sum + (x - meanX) ** 2, 0);
  return covariance / variance;
}
