// Run by handle-watch.test.ts with --expose-gc: which shapes of a dropped lease are found, and that no held one is.
import process from 'node:process';
import { Pool } from '../src/pool.ts';
import type { Lease } from '../src/lease.ts';
import { FakeConnector } from '../src/testing/index.ts';
import type { FakeConnection } from '../src/testing/index.ts';

type Held = Lease<FakeConnection>;
const quiet = { warn: () => undefined, error: () => undefined };
const pool = new Pool(new FakeConnector(), {
  size: 10,
  maxOverflow: 0,
  monitorIntervalMs: 20,
  leakThresholdMs: Infinity,
  stacks: { mode: 'always' },
  logger: quiet,
});

/** The stack of the acquire names this object, and V8 keeps what an unread stack names. */
class Repository {
  lease: Held | undefined;
  async take(): Promise<void> {
    this.lease = await pool.acquire({ leakThresholdMs: 1_000_001 });
  }
}

async function inClosure(): Promise<() => Held> {
  const lease = await pool.acquire({ leakThresholdMs: 1_000_002 });
  return () => lease;
}

async function inLocal(): Promise<void> {
  const lease = await pool.acquire({ leakThresholdMs: 1_000_003 });
  void lease.isOpen;
}

class Handler {
  lease: Held | undefined;
  async run(): Promise<void> {
    this.lease = await this.helper();
  }
  async helper(): Promise<Held> {
    const lease = await pool.acquire({ leakThresholdMs: 1_000_004 });
    return lease;
  }
}

const shapes = ['this', 'closure', 'local', 'this of who awaits'];
const found = new Set<string>();
let heldIsFound = false;
pool.on('leak', ({ evidence, lease }) => {
  if (!evidence.includes('collected')) return;
  if (lease.id > shapes.length) heldIsFound = true;
  else found.add(shapes[lease.id - 1] ?? 'another');
});

await new Repository().take();
void (await inClosure());
await inLocal();
await new Handler().run();
const held = await pool.acquire();

const giveUpAt = Date.now() + 20_000;
while (found.size < shapes.length && Date.now() < giveUpAt) {
  globalThis.gc?.();
  await new Promise((resolve) => {
    setTimeout(resolve, 20);
  });
}
process.stdout.write(`${JSON.stringify({ found: [...found].sort(), heldIsFound, held: held.isOpen })}\n`);
