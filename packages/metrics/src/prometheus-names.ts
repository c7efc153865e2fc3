import type { Attributes } from './families.ts';
import type { Instrument } from './instrument.ts';

/**
 * The name of an instrument for Prometheus, as the translation of OpenTelemetry's gives it: dots become underscores, seconds are
 * said, and what only grows ends in `_total`. So a rule or dashboard finds the same names whichever way the values came.
 */
export function prometheusName({ name, unit, kind }: Instrument): string {
  const inUnit = unit === 's' ? `${name}_seconds` : name;
  return (kind === 'counter' ? `${inUnit}_total` : inUnit).replaceAll('.', '_');
}

/** What Prometheus calls this kind. It knows no counter that may fall. */
export function prometheusType({ kind }: Instrument): 'gauge' | 'counter' | 'histogram' {
  return kind === 'up-down-counter' ? 'gauge' : kind;
}

/** The labels that these attributes become. */
export function prometheusLabels(attributes: Attributes): Record<string, string> {
  return Object.fromEntries(
    Object.entries(attributes).map(([name, value]) => [name.replaceAll('.', '_'), value]),
  );
}
