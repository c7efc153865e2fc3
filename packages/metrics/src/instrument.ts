import type { DurationKind, DurationSummary, PoolSnapshot } from '@lifeguard/core';

/** What a value counts: a kind of thing, in braces as UCUM has it, or seconds. */
type Unit =
  | '{connection}'
  | '{request}'
  | '{timeout}'
  | '{lease}'
  | '{leak}'
  | '{session}'
  | '{event}'
  | '{pool}'
  | 's';

interface Described {
  /** As OpenTelemetry names it; the name for Prometheus follows from it, see `prometheusName`. */
  readonly name: string;
  /** One sentence, for people. */
  readonly help: string;
  readonly unit: Unit;
}

interface Numeric extends Described {
  /**
   * `gauge`: values of several pools do not add up. `up-down-counter`: they do. `counter`: so they do, and it only grows, from 0
   * when the pool is made.
   */
  readonly kind: 'gauge' | 'up-down-counter' | 'counter';
}

/** One value of each pool. `undefined`: there is none, such as a limit that is not set. */
interface PlainInstrument extends Numeric {
  readonly attribute?: undefined;
  readonly read: (pool: PoolSnapshot) => number | undefined;
  /** It is the same for all pools: shown once, without the name of a pool. */
  readonly isOfProcess?: true;
}

/** Some values of each pool, told apart by an attribute. Which those are is fixed. */
interface SplitInstrument extends Numeric {
  readonly attribute: string;
  readonly read: (pool: PoolSnapshot) => Readonly<Record<string, number>>;
  readonly isOfProcess?: undefined;
}

/** The durations of one kind, in seconds. */
export interface HistogramInstrument extends Described {
  readonly kind: 'histogram';
  readonly unit: 's';
  /** Which durations those are. */
  readonly of: DurationKind;
  readonly read: (pool: PoolSnapshot) => DurationSummary;
}

/** What is measured, in one way for all outputs. */
export type Instrument = PlainInstrument | SplitInstrument | HistogramInstrument;

/** An instrument whose values are numbers. */
export type NumberInstrument = PlainInstrument | SplitInstrument;

/** The attribute that has the name of the pool. */
export const POOL_NAME = 'db.client.connection.pool.name';

/** The values of a pool's instrument, each with what its attribute is; `undefined` for one without attribute. */
export function readingsOf(
  instrument: NumberInstrument,
  pool: PoolSnapshot,
): readonly (readonly [string | undefined, number])[] {
  if (instrument.attribute !== undefined) return Object.entries(instrument.read(pool));
  const value = instrument.read(pool);
  return value === undefined ? [] : [[undefined, value]];
}
