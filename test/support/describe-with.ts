import { describe } from 'vitest';
import type { SuiteFactory } from 'vitest';
import { findDebianPrograms } from './debian.ts';
import type { DebianPrograms } from './debian.ts';

/** What brings the program that is missing. */
const PACKAGE: Readonly<Record<keyof DebianPrograms, string>> = {
  pgbouncer: 'pgbouncer',
  postgres: 'postgresql-15',
  faketime: 'libfaketime',
  prometheus: 'prometheus',
  promtool: 'prometheus',
  mariadb: 'mariadb-server-core',
};

/**
 * A group of tests that need such programs. Without them they are skipped, and never in silence: `npm test` counts what
 * was skipped, and shows the reason, which it finds in the name of the group.
 */
export function describeWith(
  needed: keyof DebianPrograms | readonly (keyof DebianPrograms)[],
  name: string,
  tests: SuiteFactory,
): void {
  const found = findDebianPrograms();
  const missing = [needed].flat().filter((program) => found[program] === undefined);
  const packages = missing.map((program) => PACKAGE[program]).join(' ');
  if (missing.length === 0) describe(name, tests);
  else describe.skip(`${name} [needs ${missing.join(' and ')}: apt-get install ${packages}]`, tests);
}
