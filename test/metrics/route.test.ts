import type { AddressInfo } from 'node:net';
import { PROMETHEUS_CONTENT_TYPE, prometheusMetrics } from '@lifeguard/metrics';
import { LifeguardPool } from '@lifeguard/pg';
import express from 'express';
import { expect, inject, test } from 'vitest';

test('a route of the application answers with the metrics of all its pools', async () => {
  const app = express();
  const metrics = prometheusMetrics();
  app.get('/metrics', (_request, response) => {
    response.setHeader('content-type', PROMETHEUS_CONTENT_TYPE).end(metrics());
  });
  const server = app.listen(0, '127.0.0.1');
  try {
    await using pool = new LifeguardPool({ connectionString: inject('databaseUrl'), name: 'orders' });
    await pool.query('select 1');
    const response = await fetch(`http://127.0.0.1:${(server.address() as AddressInfo).port}/metrics`);
    expect(response.headers.get('content-type')).toBe('text/plain; version=0.0.4; charset=utf-8');
    expect(await response.text()).toContain(
      'lifeguard_acquires_total{db_client_connection_pool_name="orders",outcome="served"} 1\n',
    );
    await pool.close();
    expect(metrics()).not.toContain('"orders"');
  } finally {
    server.close();
  }
});
