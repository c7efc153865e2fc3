import { expect } from 'vitest';
import type { AcquireAccount } from '../src/acquire-account.ts';
import type { Lease } from '../src/lease.ts';
import type { PoolOptions } from '../src/pool-options.ts';
import { Pool } from '../src/pool.ts';
import type { CloseReport } from '../src/pool.ts';
import { seededRandom } from '../src/random.ts';
import { Session } from '../src/session.ts';
import { FakeConnector, ManualClock, settle } from '../src/testing/index.ts';
import type { FakeConnection } from '../src/testing/index.ts';
import { watch } from './pool-fixture.ts';
import type { Watched } from './pool-fixture.ts';

/** Short times, so that a history of a few steps comes by all of them. */
const TIMES = {
  connectTimeoutMs: 300,
  connectBackoffMs: 40,
  maxConnectBackoffMs: 200,
  pingAfterIdleMs: 20,
  pingTimeoutMs: 60,
  resetTimeoutMs: 60,
  closeTimeoutMs: 100,
  lostTimeoutMs: 500,
  idleTimeoutMs: 400,
  overflowLingerMs: 80,
  keepaliveMs: 150,
  maxLifetimeMs: 900,
  leakThresholdMs: 200,
  monitorIntervalMs: 50,
} satisfies PoolOptions;
const LIMIT_MS = 20;

interface Attempt {
  readonly account: AcquireAccount;
  readonly deadlineAt: number;
  readonly controller: AbortController;
  readonly result: Watched<Lease<FakeConnection>>;
}

/** Opens connections also after it has been told to give up. */
class DeafConnector extends FakeConnector {
  override connect(context: Parameters<FakeConnector['connect']>[0]): Promise<FakeConnection> {
    return super.connect({ ...context, signal: new AbortController().signal });
  }
}

/** A pool, the world around it, and what must be true of both after every step (DESIGN §3). */
export class PoolWorld {
  readonly clock = new ManualClock();
  readonly connector: FakeConnector;
  readonly pool: Pool<FakeConnection>;
  readonly attempts: Attempt[] = [];
  readonly sessions: Session[] = [];
  closing: Watched<CloseReport> | undefined;
  /** What the logger was told; the pool does not let a logger throw. */
  readonly #errors: string[] = [];
  #slots = 0;
  /** Leases that were granted, by the order in which their acquires were called. */
  readonly #served = new Set<Attempt>();

  constructor(options: PoolOptions, isDeaf: boolean) {
    this.connector = isDeaf ? new DeafConnector() : new FakeConnector();
    const logger = {
      warn: () => undefined,
      error: (_: object, text: string) => void this.#errors.push(text),
    };
    this.pool = new Pool(this.connector, {
      ...TIMES,
      ...options,
      clock: this.clock,
      random: seededRandom(7),
      logger,
    });
  }

  acquire(timeoutMs: number, session?: Session, account: AcquireAccount = {}): void {
    const controller = new AbortController();
    const call = (): Promise<Lease<FakeConnection>> =>
      this.pool.acquire({ timeoutMs, signal: controller.signal, ...account });
    const deadlineAt = this.clock.now() + timeoutMs;
    const promise = session === undefined ? call() : session.run(call);
    this.attempts.push({ account, deadlineAt, controller, result: watch(promise) });
  }

  /** One that the other options do not allow is refused, and changes nothing. */
  resize(size: number, maxOverflow: number): void {
    const { reserved, minIdle } = this.pool.options;
    const isAllowed = reserved < size + maxOverflow && minIdle <= size + maxOverflow;
    const before = this.pool.counts();
    if (isAllowed) this.pool.resize({ size, maxOverflow });
    else expect(() => this.pool.resize({ size, maxOverflow })).toThrow('size + maxOverflow');
    expect(this.pool.counts()).toMatchObject(
      isAllowed ? { size, max: size + maxOverflow } : { size: before.size, max: before.max },
    );
  }

  begin(timeoutMs: number): void {
    this.sessions.push(new Session({ timeoutMs, clock: this.clock }, this.sessions.at(-1)));
  }

  /** Leases that were granted at some time, open or not. */
  leases(): Lease<FakeConnection>[] {
    return this.attempts.flatMap(({ result }) => result.value ?? []);
  }

  /** What must be true at every moment. */
  async check(): Promise<void> {
    await settle();
    expect(this.#errors).toEqual([]);
    this.pool.audit();
    this.#checkAccounts();
    this.#checkSlots();
    this.#checkLeases();
    this.#checkOrder();
    const { used, idle, resetting } = this.pool.counts();
    expect(this.#kept(), 'connections that nobody has closed').toBe(used + idle + resetting);
    const waiting = this.attempts.filter(({ result }) => result.status === 'pending');
    for (const { deadlineAt } of waiting) expect(this.clock.now()).toBeLessThanOrEqual(deadlineAt + LIMIT_MS);
    expect(this.clock.keepAliveTimers).toBe(waiting.length > 0 ? 1 : 0);
  }

  #kept(): number {
    const { opened, closed } = this.connector;
    return opened.filter((each) => each.closedBy === undefined && !closed.includes(each)).length;
  }

  /** What there is above `max`, since a resize, becomes less and never more. */
  #checkSlots(): void {
    const { used, idle, connecting, resetting, closing, max } = this.pool.counts();
    const slots = used + idle + connecting + resetting + closing;
    if (slots > max) expect(slots, 'slots in use').toBeLessThanOrEqual(this.#slots);
    this.#slots = slots;
  }

  /** Each acquire ends once, in one way. */
  #checkAccounts(): void {
    const { acquired, timeouts, aborted, rejected } = this.pool.snapshot().counters;
    const by = (status: string): number =>
      this.attempts.filter(({ result }) => result.status === status).length;
    expect(acquired, 'granted').toBe(by('fulfilled'));
    expect(timeouts + aborted + rejected, 'turned away').toBe(by('rejected'));
    expect(this.pool.counts().pending, 'waiting').toBe(by('pending'));
  }

  #checkLeases(): void {
    const open = this.leases().filter((lease) => lease.isOpen);
    expect(this.pool.counts().used).toBe(open.length);
    expect(new Set(open.map((lease) => lease.connection)).size, 'one lease a connection').toBe(open.length);
    for (const lease of open) expect(lease.connection.revokedWith).toBeUndefined();
    for (const lease of this.leases())
      if (!lease.isOpen) expect(() => lease.connection).toThrow(/explain LG_/);
  }

  /** Nobody was served since the last step whom an earlier caller with the same account still waits behind. */
  #checkOrder(): void {
    const firstWaiting = new Map<string, number>();
    this.attempts.forEach(({ account, result }, index) => {
      const key = JSON.stringify(account);
      if (result.status === 'pending' && !firstWaiting.has(key)) firstWaiting.set(key, index);
    });
    this.attempts.forEach((attempt, index) => {
      if (attempt.result.status !== 'fulfilled' || this.#served.has(attempt)) return;
      this.#served.add(attempt);
      if (this.pool.options.queuePolicy === 'controlled') return;
      const first = firstWaiting.get(JSON.stringify(attempt.account)) ?? Infinity;
      expect(index, 'order of service').toBeLessThan(first);
    });
  }

  /** The faults stop: everybody must be served or turned away, all capacity must come back, and close must end. */
  async heal(): Promise<void> {
    Object.assign(this.connector, { onConnect: 'ok', onPing: 'ok', onReset: 'ok', onClose: 'ok' });
    this.connector.onDeath = undefined;
    for (const { kind } of [...this.connector.pending]) this.connector.finish(kind);
    this.pool.resume();
    for (
      let round = 0;
      round < 80 && this.attempts.some(({ result }) => result.status === 'pending');
      round += 1
    ) {
      await this.clock.advance(50);
      for (const lease of this.leases()) lease.release();
      await this.check();
    }
    await this.clock.advance(1_000);
    for (const lease of this.leases()) lease.release();
    await this.check();
    if (this.closing === undefined) await this.#takeAll();
    const closing = watch(this.pool.close());
    await this.clock.advance(0);
    expect(closing.status, 'close').toBe('fulfilled');
    expect(this.pool.counts()).toMatchObject({
      used: 0,
      idle: 0,
      connecting: 0,
      resetting: 0,
      closing: 0,
      pending: 0,
    });
    expect(this.#kept()).toBe(0);
    expect(this.clock.keepAliveTimers).toBe(0);
  }

  async #takeAll(): Promise<void> {
    const { max } = this.pool.counts();
    const before = this.attempts.length;
    for (let each = 0; each < max; each += 1) this.acquire(200, undefined, { priority: 'high' });
    await this.clock.advance(10);
    const granted = this.attempts.slice(before).map(({ result }) => result.status);
    expect(granted, 'capacity').toEqual(Array.from({ length: max }, () => 'fulfilled'));
    await this.check();
    for (const lease of this.leases()) lease.release();
  }
}
