import type { BlockedBackend, Orphan } from '@lifeguard/pg';
import { expect, test } from 'vitest';
import { healthOfServer } from './server-health.ts';

function waiting(waitedMs: number | undefined): BlockedBackend {
  return {
    pid: 1,
    isOurs: true,
    query: undefined,
    waitedMs,
    lock: undefined,
    blockers: [],
    blockersLeftOut: 0,
  };
}

function leftBehind(verdict: Orphan['verdict']): Orphan {
  return {
    pid: 2,
    backendStart: '2026-01-01T00:00:00.000000Z',
    applicationName: 'orders lg:1.2.3',
    state: 'idle',
    inStateMs: 1,
    query: '',
    verdict,
  };
}

test.each([
  [[], [], 'healthy'],
  [[waiting(3), waiting(1_000)], [], 'healthy'],
  [[waiting(3), waiting(1_001)], [], 'warning'],
  [[waiting(undefined)], [], 'warning'],
  [[], [leftBehind('unknown')], 'healthy'],
  [[], [leftBehind('dead')], 'warning'],
] as const)('who waits: %j, what is left behind: %j: %s', (blocking, orphans, health) => {
  expect(healthOfServer({ blocking, orphans })).toBe(health);
});
