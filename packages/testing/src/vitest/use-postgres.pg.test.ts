import pg from 'pg';
import { expect, test } from 'vitest';
import { runVitest } from '../../test/run-tests.ts';
import type { TestRunOutcome } from '../../test/run-tests.ts';

/** The ports of the servers that a run has used. */
function portsOf({ output }: TestRunOutcome): Set<string> {
  return new Set([...output.matchAll(/served by (\d+)\./g)].map(([, port = '']) => port));
}

async function expectGone(ports: Iterable<string>): Promise<void> {
  for (const port of ports) {
    const client = new pg.Client(`postgres://postgres@127.0.0.1:${port}/postgres`);
    await expect(client.connect()).rejects.toMatchObject({ code: 'ECONNREFUSED' });
  }
}

test('the files of a run share one server, each with a database of its own', {
  timeout: 60_000,
}, async () => {
  const outcome = await runVitest('vitest-postgres', [], { DATABASE_URL: '' });
  expect(outcome.code, outcome.output).toBe(0);
  expect(outcome.tests.size).toBe(2);
  expect(portsOf(outcome).size).toBe(1);
  await expectGone(portsOf(outcome));
});

test('without the global setup a file has a server of its own', { timeout: 60_000 }, async () => {
  const outcome = await runVitest('vitest-postgres', ['one.test.ts'], {
    DATABASE_URL: '',
    LG_FIXTURE_SERVER: 'own',
  });
  expect(outcome.code, outcome.output).toBe(0);
  expect(portsOf(outcome).size).toBe(1);
  await expectGone(portsOf(outcome));
});
