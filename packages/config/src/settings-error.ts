import { LifeguardError } from '@lifeguard/core';
import type { ErrorParts } from '@lifeguard/core';

/** One thing that is wrong with a settings file. */
export interface SettingsProblem {
  /** The file as it was named, or `env DATABASE_URL`. */
  readonly file: string;
  /** From 1; `undefined` when the file as a whole is meant. */
  readonly line: number | undefined;
  /** From 1, in UTF-16 units as editors count. */
  readonly column: number | undefined;
  /** Dotted, such as `providers.database.pool_size`; empty when no key is meant. */
  readonly path: string;
  /** What was expected and what came; never a secret. */
  readonly message: string;
  /** What was probably meant: a key, or a value as it should be written. */
  readonly suggestion?: string;
}

/**
 * The settings cannot be used. `problems` has all that is wrong, in the order of the file; the message shows each with
 * its line, masked where it may be secret. The code is `LG_INVALID_SETTINGS`.
 */
export class SettingsError extends LifeguardError {
  readonly problems: readonly SettingsProblem[];

  constructor(parts: ErrorParts & { readonly problems: readonly SettingsProblem[] }) {
    super('LG_INVALID_SETTINGS', parts);
    this.problems = Object.freeze(parts.problems.map((problem) => Object.freeze(problem)));
  }
}
