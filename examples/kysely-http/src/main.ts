import process from 'node:process';
import { loadSettings } from '@lifeguard/config';
import { log } from './log.ts';
import { startService } from './service.ts';

const settings = await loadSettings(process.argv[2] ?? new URL('../settings.yaml', import.meta.url));
const service = await startService(settings, Number(process.env['PORT'] ?? 3000));
log.info({ url: service.url }, `listening on ${service.url}`);

// Once: a second signal ends the process at once.
for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => void shutDown(signal));

async function shutDown(signal: string): Promise<void> {
  log.info({ signal }, 'shutting down');
  const { draining, revoked, lost } = await service.close();
  const fields = { event: 'closed', draining, revoked, lost };
  log.info(fields, `closed; ${draining} connections were in use, ${revoked} of them were taken back`);
  process.exit(); // Whatever still waits for something has no database any more.
}
