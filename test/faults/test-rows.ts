import { afterAll, beforeAll, expect, test } from 'vitest';
import { describeWith } from '../support/describe-with.ts';
import type { DebianPrograms } from '../support/debian.ts';
import { rowsFor } from './matrix.ts';
import { whatIsMissing } from './needs.ts';
import { majorOf, startNamedServer } from './named-server.ts';
import type { NamedServer, ServerName } from './named-server.ts';
import { runRow } from './run-row.ts';
import { verdictOf } from './verdict.ts';
import type { Route } from './world.ts';

const PATIENCE = Number(process.env['LG_FAULT_PATIENCE'] ?? '1');

/** One test a fault, on our side: nothing of what must not happen has happened. */
export function testRows(server: ServerName, route: Route): void {
  const tests = (): void => {
    let named: NamedServer | undefined;
    beforeAll(async () => {
      named = await startNamedServer(server);
    });
    afterAll(() => named?.[Symbol.asyncDispose]());
    for (const row of rowsFor(majorOf(server), route)) {
      const missing = whatIsMissing(row.needs);
      const name = `${row.title} (${row.id})`;
      // `npm test` counts it, and shows the reason.
      if (missing !== undefined) {
        test.skip(`${name} [${missing}]`, () => undefined);
        continue;
      }
      test(name, async () => {
        if (named === undefined) throw new Error('the server is started in beforeAll');
        const result = await runRow(row, { server: named, route, side: 'lifeguard', patience: PATIENCE });
        expect(verdictOf(row, result), JSON.stringify(result, null, 1)).toEqual([]);
      });
    }
  };
  const needs: (keyof DebianPrograms)[] = [];
  if (server === 'debian') needs.push('postgres');
  if (route === 'pgbouncer') needs.push('pgbouncer');
  describeWith(needs, `${server} PostgreSQL, ${route}`, tests);
}
