import type { ExplainedSetting, SettingOrigin } from '@lifeguard/config';
import { resolvePoolOptions } from '@lifeguard/core/adapter';
import type { PoolSnapshot } from '@lifeguard/core';

/** A setting or option as it is in force, with who says so. */
export interface ConfigRow {
  /** The section of the file; of an application, the name of the pool. */
  readonly section: string;
  readonly key: string;
  /** `undefined` where nothing says it, `null` for no limit. */
  readonly value: ConfigValue;
  /** What it would be if nobody had said anything. */
  readonly fallback: ConfigValue;
  readonly isDefault: boolean;
  readonly origin: SettingOrigin | { readonly kind: 'application' };
}

type ConfigValue = string | number | boolean | null | undefined;

/** Of a settings file. */
export function rowsOfSettings(settings: readonly ExplainedSetting[]): readonly ConfigRow[] {
  return settings.map(({ section, key, value, fallback, origin }) => ({
    section,
    key,
    value,
    fallback,
    isDefault: value === fallback,
    origin,
  }));
}

/** Of a pool that runs: its options by their names in code. Which of them somebody has set, it does not know. */
export function rowsOfPool({ name, options }: PoolSnapshot): readonly ConfigRow[] {
  const defaults: Readonly<Record<string, unknown>> = { ...resolvePoolOptions({}) };
  return Object.entries(options).map(([key, value]) => {
    const fallback = key === 'idleThresholdMs' ? options.leakThresholdMs : simple(defaults[key]);
    return {
      section: name,
      key,
      value: simple(value),
      fallback,
      isDefault: simple(value) === fallback,
      origin: { kind: 'application' },
    };
  });
}

/** What an application of another version says may be anything. */
function simple(value: unknown): ConfigValue {
  if (value === Infinity) return null;
  const isSimple = typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean';
  return isSimple || value === null ? value : undefined;
}
