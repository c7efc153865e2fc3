import process from 'node:process';
import { loadSettings } from '@lifeguard/config';
import { buildApp } from './app.ts';
import { closeServer, REQUESTS_LIMIT_MS } from './close-server.ts';
import { closeOnSignals } from './shutdown.ts';

const { PORT = '3000', HOST = '127.0.0.1', NOTICE_MS = '5000' } = process.env;
const settings = await loadSettings(new URL('../settings.yaml', import.meta.url));
const app = await buildApp(settings, { logger: true });
await app.listen({ port: Number(PORT), host: HOST });

const service = {
  drain: () => app.health.drain(),
  close: () => closeServer(app.server, () => app.close()),
};
const drainMs = settings.database.pool.drainMs ?? 30_000;
closeOnSignals(service, {
  noticeMs: Number(NOTICE_MS),
  limitMs: REQUESTS_LIMIT_MS + drainMs + 5_000,
  log: (message) => app.log.info(message),
});
