import { describe } from 'vitest';
import type { SuiteFactory } from 'vitest';
import { findDebianPrograms } from './debian.ts';
import type { DebianPrograms } from './debian.ts';

/** What brings the program that is missing. */
const PACKAGE: Readonly<Record<keyof DebianPrograms, string>> = {
  pgbouncer: 'pgbouncer',
  postgres: 'postgresql-15',
};

/**
 * A group of tests that need such a program. Without it they are skipped, and never in silence: `npm test` counts what
 * was skipped, and shows the reason, which it finds in the name of the group.
 */
export function describeWith(program: keyof DebianPrograms, name: string, tests: SuiteFactory): void {
  if (findDebianPrograms()[program] !== undefined) describe(name, tests);
  else describe.skip(`${name} [needs ${program}: apt-get install ${PACKAGE[program]}]`, tests);
}
