import { once } from 'node:events';
import { createServer } from 'node:http';
import process from 'node:process';
import { loadSettings } from '@lifeguard/config';
import { expressHealth } from '@lifeguard/core/http';
import { PROMETHEUS_CONTENT_TYPE, prometheusMetrics } from '@lifeguard/metrics';
import { log } from './log.ts';
import { startService } from './service.ts';
import { closeOnSignals } from './shutdown.ts';

/** More than a batch may take. */
const BATCH_LIMIT_MS = 10_000;

const { PORT = '3000', HOST = '127.0.0.1', WORKERS = '2', NOTICE_MS = '0' } = process.env;
const settings = await loadSettings(new URL('../settings.yaml', import.meta.url));
const service = await startService(settings, { workers: Number(WORKERS) });

// For the orchestrator and Prometheus; there is nothing else to ask.
const probes = expressHealth(service.health);
const metrics = prometheusMetrics();
const server = createServer((request, response) => {
  probes(request, response, () => {
    if (request.url !== '/metrics') return response.writeHead(404).end();
    return response.writeHead(200, { 'content-type': PROMETHEUS_CONTENT_TYPE }).end(metrics());
  });
});
server.listen(Number(PORT), HOST);
await once(server, 'listening');
const address = server.address();
if (typeof address === 'object') log.info({}, `listening on http://${HOST}:${address?.port}`);

const close = async (): Promise<void> => {
  await service.close();
  server.closeAllConnections();
  server.close();
};
const drainMs = settings.database.pool.drainMs ?? 30_000;
closeOnSignals(
  { drain: () => service.drain(), close },
  {
    noticeMs: Number(NOTICE_MS),
    limitMs: BATCH_LIMIT_MS + drainMs + 5_000,
    log: (message) => log.info({}, message),
  },
);
