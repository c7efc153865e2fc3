import type { SideName, SideResult } from './run-side.ts';

/** A run as it should go on either pool; a test changes what it is about. */
export function sideResult(name: SideName, changes: Partial<SideResult> = {}): SideResult {
  return { ...(name === 'pg.Pool' ? starved : guarded), ...changes };
}

const leaksFile = 'src/demo/leaks.ts';
const gone = (inTransaction: boolean) =>
  ({ evidence: ['collected', 'orphaned', 'overdue'], inTransaction }) as const;

const starved: SideResult = {
  name: 'pg.Pool',
  requests: { sent: 720, served: 250 },
  planted: 32,
  nested: { sent: 12, served: 0, p50Ms: 1_003 },
  p50Ms: 1_001,
  p99Ms: 1_040,
  lastPart: { sent: 180, served: 0, durationMs: 2_500 },
  log: {
    errors: [{ count: 470, text: 'timeout exceeded when trying to connect' }],
    leaks: [],
    leakText: undefined,
    exhaustion: undefined,
    deadlocks: undefined,
    overruns: [{ file: leaksFile, line: 67, functionName: 'exportSales', count: 2 }],
    takenBack: {},
  },
  status: { used: 10, idle: 0, pending: 0, max: 10 },
  health: 'ok',
  diagnosis: {
    text: diagnosisText(),
    suspects: [30, 30, 46].map((line) => ({
      file: leaksFile,
      line,
      functionName: line === 30 ? 'refundOrder' : 'importPrices',
    })),
  },
  backends: { total: 10, idleInTransaction: 6, pastDeadline: 2 },
  exportsSeen: 2,
  shutdown: { tookMs: undefined, limitMs: 2_000, backendsLeft: 2 },
  seconds: [],
};

const guarded: SideResult = {
  name: 'Lifeguard',
  requests: { sent: 720, served: 690 },
  planted: 32,
  nested: { sent: 12, served: 9, p50Ms: 31 },
  p50Ms: 4.2,
  p99Ms: 1_001,
  lastPart: { sent: 180, served: 180, durationMs: 2_500 },
  log: {
    errors: [
      { count: 30, text: `LG_ACQUIRE_TIMEOUT: no connection\n  holders   10× ${leaksFile}:30 refundOrder` },
    ],
    leaks: [
      { file: leaksFile, line: 30, functionName: 'refundOrder', count: 13, ...gone(true) },
      { file: leaksFile, line: 46, functionName: 'importPrices', count: 3, ...gone(false) },
      {
        file: leaksFile,
        line: 58,
        functionName: 'payOrder',
        count: 3,
        evidence: ['idle', 'overdue'],
        inTransaction: true,
      },
    ],
    exhaustion: {
      count: 30,
      text: `LG_ACQUIRE_TIMEOUT: no connection\n  holders   10× ${leaksFile}:30 refundOrder`,
    },
    leakText: 'LG_LEAK_SUSPECTED: connection held\n  fix       wrap it',
    deadlocks: {
      count: 3,
      text: `all are held\n  chain     10× ${leaksFile}:76 printInvoice waits at ${leaksFile}:89 findProduct (held 9ms)`,
    },
    overruns: [{ file: leaksFile, line: 67, functionName: 'exportSales', count: 3 }],
    takenBack: { leak: 19, 'session-timeout': 3 },
  },
  status: { used: 0, idle: 10, pending: 0, max: 10, size: 8, overflow: 2, oldestWaitMs: 0 },
  health: 'ok',
  diagnosis: undefined,
  backends: { total: 10, idleInTransaction: 0, pastDeadline: 0 },
  exportsSeen: 3,
  shutdown: { tookMs: 62, limitMs: 2_000, backendsLeft: 0 },
  seconds: [],
};

function diagnosisText(): string {
  const leak = (n: number) =>
    `    src/demo/leaks.ts:30 refundOrder: held for ${n}s, in a transaction, last select ?`;
  const advice = '  critical leaking-site\n    src/demo/leaks.ts:30 refundOrder keeps 6 of 10 connections';
  return [
    'shop (pid 4711)',
    'pool shop: critical\n  6 of 10 connections in use are suspected of being leaked',
    `  potential leaks\n${[6, 5, 4, 3, 2, 1].map(leak).join('\n')}`,
    advice,
    advice,
  ].join('\n\n');
}
