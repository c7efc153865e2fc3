/** How much is to be done. */
export interface Plan {
  /** Fewer rounds, and only what the targets need. */
  readonly short: boolean;
  /** Of a soak. */
  readonly minutes: number;
  /** Tells what is being done. */
  readonly note: (line: string) => void;
}

export interface Table {
  readonly title: string;
  readonly columns: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

/** One of the figures that we promise. */
export interface Target {
  readonly what: string;
  readonly goal: string;
  readonly measured: string;
  readonly met: boolean;
}

export interface SuiteResult {
  readonly tables: readonly Table[];
  readonly targets: readonly Target[];
  /** What it was made from, for the JSON file. */
  readonly samples: unknown;
}

/** A group of benchmarks. */
export interface Suite {
  readonly name: string;
  readonly title: string;
  /** How it is measured, for the reader of the tables. */
  readonly method: string;
  run(plan: Plan): Promise<SuiteResult>;
}

export function atMost(what: string, limit: number, value: number, unit = '×'): Target {
  return { what, goal: `≤ ${limit}${unit}`, measured: `${figure(value)}${unit}`, met: value <= limit };
}

export function atLeast(what: string, limit: number, value: number, unit = '×'): Target {
  return { what, goal: `≥ ${limit}${unit}`, measured: `${figure(value)}${unit}`, met: value >= limit };
}

/** Three digits that mean something. */
export function figure(value: number): string {
  if (!Number.isFinite(value)) return String(value);
  return Math.abs(value) >= 100 ? String(Math.round(value)) : String(Number(value.toPrecision(3)));
}
