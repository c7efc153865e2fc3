import 'reflect-metadata';
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { HealthCheckService, HealthIndicatorService, TerminusModule } from '@nestjs/terminus';
import { DatabaseHealth } from '@lifeguard/core';
import type { ReadinessStatus } from '@lifeguard/core';
import { terminusHealth } from '@lifeguard/core/http';
import { expect, test } from 'vitest';

function healthOf(status: ReadinessStatus): DatabaseHealth {
  const checkHealth = async () => ({ pool: 'main', status, reason: undefined, used: 1, max: 2, pending: 0 });
  return new DatabaseHealth({ name: 'main', checkHealth });
}

test.each<[ReadinessStatus, string, string]>([
  ['ready', 'ok', 'up'],
  ['degraded', 'degraded', 'degraded'],
  ['unreachable', 'error', 'down'],
  ['draining', 'error', 'down'],
])('a database that is %s makes a check of Terminus 12 %s', async (status, overall, indicator) => {
  class Root {}
  Module({ imports: [TerminusModule.forRoot({ logger: false })] })(Root);
  const app = await NestFactory.createApplicationContext(Root, { logger: false });
  try {
    const indicators = app.get(HealthIndicatorService, { strict: false });
    const checks = await app.resolve(HealthCheckService, undefined, { strict: false });
    const checking = checks.check([() => terminusHealth(indicators.check('database'), healthOf(status))]);
    const answer: unknown = await checking.catch((error: { getResponse(): unknown }) => error.getResponse());
    expect(answer).toMatchObject({
      status: overall,
      details: { database: { status: indicator, readiness: status, pools: [{ pool: 'main', used: 1 }] } },
    });
  } finally {
    await app.close();
  }
});

test('before Terminus 12, which cannot say degraded, it is up', async () => {
  const session = { up: () => 'up', down: () => 'down' };
  expect(await terminusHealth(session, healthOf('degraded'))).toBe('up');
});
