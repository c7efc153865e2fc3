// Security rule 4: nothing secret goes out, whoever asks for what.

import { expect, it, onTestFinished } from 'vitest';
import { inspect } from 'node:util';
import { TOKEN, ask, makeHandler, makePool } from '../test/admin-world.ts';

const SECRET = 'LgCanary9-password';

it('security rule 4: no answer has a literal, a parameter or a password in it', async () => {
  const { pool, clock } = makePool({ leakThresholdMs: 1_000 });
  const lease = await pool.acquire({ label: 'job' });
  onTestFinished(() => lease.release());
  lease.record.queryStarted(`update users set password = '${SECRET}' where email = '${SECRET}'`);
  await clock.advance(5_000);
  const handler = makeHandler({ pools: [pool], metrics: () => 'lifeguard_used 1\n' });
  for (const path of ['', '/snapshot', '/leaks', '/health', '/diagnosis', '/metrics', '/audit', '/nowhere']) {
    const answer = await handler(ask(`/v1${path}`));
    const shown = `${await answer.text()} ${JSON.stringify([...answer.headers])}`;
    expect(shown).not.toContain(SECRET);
    expect(shown).not.toContain(TOKEN);
  }
  const snapshot = await (await handler(ask('/v1/snapshot'))).text();
  expect(snapshot).toContain('update users set password = ');
  expect(inspect(handler, { depth: 10 })).not.toContain(TOKEN);
});
