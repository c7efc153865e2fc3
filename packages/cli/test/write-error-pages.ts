// Writes src/error-pages.ts again, after docs/errors.md has changed; format it then.

import { writeFileSync } from 'node:fs';
import { readErrorPages } from './read-error-pages.ts';

writeFileSync(
  new URL('../src/error-pages.ts', import.meta.url),
  `/** What docs/errors.md says of each code, line by line; written by test/write-error-pages.ts, and compared by a test. */
export const ERROR_PAGES: Readonly<Record<string, readonly string[]>> = ${JSON.stringify(readErrorPages(), undefined, 2)};
`,
);
