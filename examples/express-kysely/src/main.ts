import { once } from 'node:events';
import process from 'node:process';
import { loadSettings } from '@lifeguard/config';
import { closeServer, REQUESTS_LIMIT_MS } from './close-server.ts';
import { log } from './log.ts';
import { openService } from './service.ts';
import { closeOnSignals } from './shutdown.ts';

const { PORT = '3000', HOST = '127.0.0.1', NOTICE_MS = '5000' } = process.env;
const settings = await loadSettings(new URL('../settings.yaml', import.meta.url));
const service = await openService(settings);
const server = service.app.listen(Number(PORT), HOST);
await once(server, 'listening');
const address = server.address();
if (typeof address === 'object') log.info({}, `listening on http://${HOST}:${address?.port}`);

const close = async (): Promise<void> => {
  await closeServer(server, () => new Promise((resolve) => server.close(resolve)));
  await service.close();
};
const drainMs = settings.database.pool.drainMs ?? 30_000;
closeOnSignals(
  { drain: () => service.drain(), close },
  {
    noticeMs: Number(NOTICE_MS),
    limitMs: REQUESTS_LIMIT_MS + drainMs + 5_000,
    log: (message) => log.info({}, message),
  },
);
