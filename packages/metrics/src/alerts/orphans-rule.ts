import { limitsOf } from './alert-limits.ts';
import type { AlertRule } from './alert-rule.ts';

/** Of the whole process: what it looks at is how many backends were found whose process does not run any more. */
export const ORPHANS_RULE: AlertRule<number> = {
  id: 'orphans',
  severity: 'warning',
  limits: limitsOf({ above: 0, forMs: 60_000 }),
  condition: ({ above }) =>
    `more than ${above} backends of processes that are gone are found (with \`orphans\`)`,
  names: undefined,
  fix: 'lifeguard server lists them; terminateOrphans() ends those whose process certainly is gone',
  measure: (orphans) => ({
    value: orphans,
    summary: `${orphans} backends on the server belong to processes that do not run any more`,
    evidence: ['each takes one of max_connections, and may hold locks'],
  }),
};
