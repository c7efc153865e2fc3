import process from 'node:process';
import type { Logger } from '@lifeguard/core';
import { readSettings } from './settings.ts';
import type { RegisterSettings } from './settings.ts';

/** What the environment of this process has chosen. What of it was not understood is told once. */
export const settings: RegisterSettings = readSettings(process.env);

/** The logger of all that is watched, where another one than the default was chosen. */
export const chosenLogger: { readonly logger?: Logger } = settings.isQuiet
  ? { logger: { warn: () => undefined, error: () => undefined } }
  : {};

for (const problem of settings.isQuiet ? [] : settings.problems)
  process.emitWarning(`${problem}; it counts as not set`, {
    type: 'LifeguardWarning',
    code: 'LG_INVALID_OPTION',
  });
