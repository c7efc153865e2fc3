import type { CloseReport, Lease, Pool, Session } from '@lifeguard/core';
import type { Account } from './accounts.ts';
import { timedAgenda } from './agenda.ts';
import type { Agenda } from './agenda.ts';
import { CallBook } from './calls.ts';
import type { Call } from './calls.ts';
import type { Core } from './core.ts';
import { Draw } from './draw.ts';
import { GovernorOracle } from './governor-oracle.ts';
import { HoldBook } from './holds.ts';
import { HoldTimes } from './hold-times.ts';
import type { Hold } from './holds.ts';
import { Judge } from './judge.ts';
import { OrderOracle } from './order-oracle.ts';
import { OverloadOracle } from './overload-oracle.ts';
import { PLAIN_CALLERS } from './plan.ts';
import type { CallerMix, DrawnOptions, FaultMix } from './plan.ts';
import type { Waiting } from './reserve.ts';
import { codeOf, judgeRefusal } from './refusals.ts';
import { checkRules, judgeClosed } from './rules.ts';
import { Server } from './server.ts';
import type { Stall } from './stalls.ts';
import { ToldOracle } from './told-oracle.ts';
import { Trace } from './trace.ts';
import { VirtualClock } from './virtual-clock.ts';
import type { WireConnection } from './wire-connection.ts';
import { WireConnector } from './wire-connector.ts';
import { optionsOf, startOf } from './wishes.ts';
import type { Wish } from './wishes.ts';
import { Witness } from './witness.ts';
import { listen } from './listeners.ts';

/** So many turns of the microtask queue without anything happening count as quiet; the longest silent chain has 20 to 30. */
const QUIET_TURNS = 32;
const NEXT_TURN = Promise.resolve();
/** A step that goes on for longer than this never ends. */
const MOST_TURNS = 5_000;

/** What a world is made of. */
export interface WorldParts {
  readonly core: Core;
  readonly seed: number;
  readonly options: DrawnOptions;
  readonly faults: FaultMix;
  /** @default nobody says anything of itself */
  readonly callers?: CallerMix;
  /** @default everything at its time */
  readonly agenda?: Agenda;
  /** @default as many as proved enough */
  readonly quietTurns?: number;
}

/** A close under way: since when, and the leases that were open then. */
interface Closing {
  readonly startedAt: number;
  readonly drainMs: number;
  readonly draining: number;
  readonly releasing: number;
}

/** One pool, the callers and the database around it, and what is known of them apart from the pool. */
export class World {
  readonly core: Core;
  readonly seed: number;
  readonly draw: Draw;
  readonly options: DrawnOptions;
  /** Base size and limit now; a resize changes both. */
  size: number;
  max: number;
  /** The largest limit there was. */
  maxEver: number;
  /** Slots in use, and callers that wait, after the last step. */
  occupied = 0;
  pending: Waiting = { high: 0, ordinary: 0 };
  readonly clock: VirtualClock;
  readonly agenda: Agenda;
  readonly trace: Trace = new Trace();
  readonly judge: Judge = new Judge();
  readonly calls: CallBook = new CallBook();
  readonly holds: HoldBook = new HoldBook();
  readonly order: OrderOracle = new OrderOracle();
  readonly overload: OverloadOracle;
  readonly holdTimes: HoldTimes = new HoldTimes();
  readonly governor: GovernorOracle;
  readonly told: ToldOracle;
  readonly server: Server;
  readonly connector: WireConnector;
  readonly pool: Pool<WireConnection>;
  readonly sessions: Session[] = [];
  /** When those that are open must be over. */
  readonly sessionDeadlines: Map<Session, number> = new Map();
  /** What they say of themselves. */
  readonly accounts: Map<Session, Account> = new Map();
  readonly #quietTurns: number;
  faults: FaultMix;
  readonly callers: CallerMix;
  crowdsLeft: number;
  /** No connect succeeds. */
  isDown = false;
  isSuspended = false;
  /** How often the pool was told to evict, counting what it does so by itself after a failed ping. */
  generation = 0;
  /** Holds whose release has not returned: to the pool, their leases may still be open. */
  readonly releasing: Hold[] = [];
  closing: Closing | undefined;
  closeReport: CloseReport | undefined;
  closeEnded = 0;
  /** Since when every connection is held by a block that waits for another; `Infinity` while that is not so. */
  deadlockedSince = Infinity;
  /** Since when there are idle connections above the base size. */
  overflowSince = Infinity;
  /** Leaked leases that were taken back in this step. */
  reclaimed = 0;
  /** When the process was last known to have stood still for seconds. */
  thawedAt = -Infinity;
  /** Connections begun until then may have been replaced since. */
  perhapsEvictedAt = -Infinity;
  /** When the pool last said that it knows. */
  thawToldAt = -Infinity;
  /** The process stood still, and the pool has not told so since. Not by instants: a machine that sleeps stops the clock. */
  isThawUntold = false;

  /** The loop was blocked, and what has arrived meanwhile is still in the sockets. */
  isBeforeIo = false;
  /** Instant until which timers may be late. */
  stalledUntil = -Infinity;
  readonly stalls: Stall[] = [];
  steps = 0;

  constructor(parts: WorldParts) {
    this.core = parts.core;
    this.seed = parts.seed;
    this.options = parts.options;
    this.size = parts.options.size;
    this.max = this.size + parts.options.maxOverflow;
    this.maxEver = this.max;
    this.faults = parts.faults;
    this.callers = parts.callers ?? PLAIN_CALLERS;
    this.crowdsLeft = this.callers.crowds;
    this.#quietTurns = parts.quietTurns ?? QUIET_TURNS;
    this.draw = new Draw(parts.seed, 1);
    this.clock = new VirtualClock(parts.core);
    this.agenda = parts.agenda ?? timedAgenda(this.clock);
    this.overload = new OverloadOracle(this.options);
    this.governor = new GovernorOracle(this.judge, this.options);
    this.told = new ToldOracle(this.judge);
    const { trace, judge, agenda } = this;
    this.server = new Server({ now: () => this.clock.now(), agenda, trace, judge });
    this.connector = this.#makeConnector();
    const poolDraw = new Draw(parts.seed, 2);
    const complain = (): void => {
      if (this.draw.next() < this.faults.hookThrows) throw new Error('the logger threw');
    };
    this.pool = new parts.core.Pool(this.connector, {
      ...this.options,
      stacks: { mode: parts.seed % 64 === 0 ? 'always' : 'off' },
      clock: this.clock,
      random: { next: () => poolDraw.next() },
      logger: { warn: complain, error: complain },
    });
    listen(this);
  }

  get isClosing(): boolean {
    return this.closing !== undefined;
  }

  note(kind: string, details = ''): void {
    this.trace.note(this.clock.now(), kind, details);
  }

  /** Waits as an application does that does something else meanwhile. */
  pause(ms: number): Promise<void> {
    return new Promise((resolve) => this.agenda.wake('caller', ms, resolve));
  }

  /** Calls `acquire` for somebody. */
  async acquire(wish: Wish = {}): Promise<Hold> {
    const call = this.#begin(wish);
    let lease: Lease<WireConnection>;
    try {
      lease = await this.calls.enter(call, () => this.pool.acquire(optionsOf(call, wish)));
    } catch (error) {
      throw this.#refused(call, error);
    }
    return this.#granted(call, lease);
  }

  /** The same with `use`. The hold is the block's. */
  async use(wish: Wish, block: (hold: Hold) => Promise<void>): Promise<void> {
    const call = this.#begin(wish);
    try {
      await this.calls.enter(call, () =>
        this.pool.use((_, lease) => this.#inBlock(this.#granted(call, lease), block), optionsOf(call, wish)),
      );
    } catch (error) {
      if (call.state !== 'waiting') throw error;
      if (call.lent === undefined) throw this.#refused(call, error);
      this.#grantedInVain(call, error);
    }
  }

  release(hold: Hold, destroy = false): void {
    this.note(destroy ? 'destroy' : 'release', `l${hold.record.id} ${hold.state}`);
    // Not while it is being given back already, and a listener of that calls this.
    if (destroy && hold.lease?.isOpen === true) hold.connection.isCondemned = true;
    this.finish(hold, 'released');
    this.releasing.push(hold);
    if (destroy) hold.lease?.destroy();
    else hold.lease?.release();
    this.releasing.pop();
  }

  finish(hold: Hold, state: Exclude<Hold['state'], 'open'>): void {
    if (!this.holds.finish(hold, state)) return;
    this.note(`lease-${state}`, `l${hold.record.id}`);
    // A listener may have ended a connection while its block was giving it back.
    const cameBack = state === 'released' || (state === 'lost' && hold.isBlockOver);
    if (cameBack && this.pool.tracker.pending > 0)
      this.holdTimes.note(this.clock.now() - hold.openedAt, state === 'released');
  }

  close(drainMs: number): void {
    this.note('pool-close', `${drainMs}`);
    this.closing ??= {
      startedAt: this.clock.now(),
      drainMs,
      draining: this.holds.open.size,
      releasing: this.releasing.length,
    };
    void this.pool.close({ drainMs }).then((report) => {
      this.closeEnded += 1;
      this.closeReport = report;
      judgeClosed(this);
      this.note('pool-closed', JSON.stringify(report));
    });
  }

  /** Ends a step: lets everything react, and looks whether all that must hold does. */
  async settle(): Promise<void> {
    await this.quiet();
    for (let callbacks = this.clock.takeAfterIo(); callbacks.length > 0; ) {
      for (const callback of callbacks) this.run(callback);
      await this.quiet();
      callbacks = this.clock.takeAfterIo();
    }
    this.steps += 1;
    checkRules(this);
    this.judge.verdict();
  }

  /** Runs what the event loop would run: what throws here would end the process. */
  run(callback: () => void): void {
    try {
      callback();
    } catch (error) {
      this.judge.broken('I16', `thrown into the event loop: ${codeOf(error)}`);
    }
  }

  /** Lets everything react that can, to the end of this turn of the loop. */
  async quiet(): Promise<void> {
    await this.#react();
    for (let callbacks = this.clock.takeTurnEnd(); callbacks.length > 0; ) {
      for (const callback of callbacks) this.run(callback);
      await this.#react();
      callbacks = this.clock.takeTurnEnd();
    }
  }

  async #react(): Promise<void> {
    let seen = this.trace.activity;
    let quiet = 0;
    for (let turn = 0; quiet < this.#quietTurns; turn += 1) {
      await NEXT_TURN;
      if (turn > MOST_TURNS) return this.judge.broken('I4', 'a step that does not end');
      if (seen === this.trace.activity) quiet += 1;
      else [quiet, seen] = [0, this.trace.activity];
    }
  }

  #begin(wish: Wish): Call {
    const call = this.calls.begin(startOf(this, wish));
    this.overload.came(this, call);
    const { label, priority, tenant } = call;
    const account = priority === 'normal' && tenant === undefined ? '' : ` ${priority} ${tenant ?? ''}`;
    this.note(call.nestedIn === undefined ? 'acquire' : 'acquire-nested', `${label}${account}`);
    return call;
  }

  #granted(call: Call, lease: Lease<WireConnection>): Hold {
    const hold = this.holds.of(lease.record);
    this.note('granted', `${call.label} l${lease.id}`);
    if (hold === undefined || hold.call !== call || call.state !== 'waiting')
      this.judge.broken('I4', `${call.label} got lease #${lease.id}, which was lent to ${hold?.call.label}`);
    this.calls.settle(call, 'granted', this.steps);
    if (hold !== undefined) hold.lease = lease;
    return hold as Hold;
  }

  #refused(call: Call, error: unknown): unknown {
    const code = codeOf(error);
    this.note(code.startsWith('LG_') ? code : 'refused', `${call.label} ${code}`);
    call.refusedWith = code;
    this.calls.settle(call, 'refused', this.steps);
    // Without `retryConnect` the other is also said at a failed connect, before the deadline has been looked at.
    const isOurs =
      code === 'LG_ACQUIRE_TIMEOUT' || (code === 'LG_CONNECT_TIMEOUT' && this.options.retryConnect);
    if (this.isBeforeIo && isOurs)
      this.judge.broken('I8', `${call.label} was judged before what had arrived was delivered`);
    judgeRefusal(this, call, error);
    return error;
  }

  async #inBlock(hold: Hold, block: (hold: Hold) => Promise<void>): Promise<void> {
    try {
      await block(hold);
    } finally {
      hold.isBlockOver = true;
      this.note('block-over', `l${hold.record.id}`);
    }
  }

  /** A block was granted a lease that ended before the block could begin. */
  #grantedInVain(call: Call, error: unknown): void {
    this.calls.settle(call, 'granted', this.steps);
    this.note('granted-in-vain', `${call.label} ${codeOf(error)}`);
    const isOver = [...this.holds.open].every((hold) => hold.call !== call);
    if (!isOver) this.judge.broken('I4', `${call.label} was granted, and got ${codeOf(error)}`);
  }

  #makeConnector(): WireConnector {
    const { server, agenda, trace, judge, options } = this;
    return new WireConnector({
      server,
      agenda,
      trace,
      judge,
      options,
      now: () => this.clock.now(),
      draw: new Draw(this.seed, 3),
      faults: () => this.faults,
      isDown: () => this.isDown,
      generation: () => this.generation,
      listener: new Witness(this),
    });
  }
}
