// A process that serves its pools until its input ends, as an application would. Prints what it has come to as JSON lines.

import cluster from 'node:cluster';
import process from 'node:process';
import { Worker, isMainThread } from 'node:worker_threads';
import { makeIdlePool } from './idle-pool.ts';
import { serveAdmin } from '../src/serve-admin.ts';

/** What a test wants of it, in its first argument. */
interface Wish {
  readonly directory?: string;
  readonly name?: string;
  readonly uid?: number;
  readonly umask?: number;
  /** How it goes: at the end of its input, by itself, at once, or by an error that nobody catches. */
  readonly end?: 'input' | 'idle' | 'exit' | 'throw';
  readonly inWorker?: boolean;
  readonly inCluster?: boolean;
  /** Whether its pool tells of a timeout all the time. */
  readonly telling?: boolean;
}

const wish = JSON.parse(process.argv[2] ?? '{}') as Wish;

if (wish.inWorker === true && isMainThread) {
  const worker = new Worker(new URL(import.meta.url), { argv: process.argv.slice(2) });
  process.stdin.resume().once('end', () => void worker.terminate());
} else if (wish.inCluster === true && cluster.isPrimary) {
  const worker = cluster.fork();
  process.stdin.resume().once('end', () => worker.kill());
} else {
  await serve();
}

async function serve(): Promise<void> {
  if (wish.uid !== undefined) process.setuid?.(wish.uid);
  if (wish.umask !== undefined) process.umask(wish.umask);
  const pool = makeIdlePool('main');
  if (wish.telling === true) {
    pool.suspend();
    setInterval(() => void pool.acquire({ timeoutMs: 1 }).catch(() => undefined), 10);
  }
  try {
    const { path } = await serveAdmin({
      pools: [pool],
      name: wish.name ?? 'application',
      ...(wish.directory === undefined ? {} : { directory: wish.directory }),
    });
    const umask = isMainThread ? process.umask() : undefined;
    console.log(JSON.stringify({ pid: process.pid, path, umask }));
  } catch (error) {
    console.log(JSON.stringify({ failed: String(error) }));
  }
  go(wish.end ?? 'input');
}

function go(end: NonNullable<Wish['end']>): void {
  switch (end) {
    case 'input':
      if (isMainThread) process.stdin.resume();
      else setInterval(() => undefined, 60_000);
      break;
    case 'idle':
      break;
    case 'exit':
      process.exit(0);
    case 'throw':
      throw new Error('uncaught, on purpose');
    default:
      end satisfies never;
  }
}
