import { InvalidOptionError, livePools } from '@lifeguard/core';
import { printable } from '@lifeguard/core/adapter';
import type { LivePool, Timer } from '@lifeguard/core';
import type { Alert, AlertHolder } from './alert.ts';
import { AlertEntry } from './alert-entry.ts';
import { ALERT_RULE_IDS, changeLimits } from './alert-limits.ts';
import { resolveAlertOptions } from './alert-options.ts';
import type { AlertOptions, ResolvedAlertOptions } from './alert-options.ts';
import { levelOf } from './alert-rule.ts';
import type { AlertRule } from './alert-rule.ts';
import { logSink } from './alert-sink.ts';
import type { AlertSink } from './alert-sink.ts';
import { Announcer } from './announcer.ts';
import { checkNumber, refuseUnknown } from '../check-options.ts';
import { firstFree } from '../pool-labels.ts';
import type { Silence } from './announcer.ts';
import { describeAlert, worstHolder } from './describe-alert.ts';
import { OrphanWatch } from './orphan-watch.ts';
import { ORPHANS_RULE } from './orphans-rule.ts';
import { POOL_RULES } from './pool-rules.ts';
import { PoolWatch, glanceAt } from './pool-watch.ts';
import type { ActiveRule, Moment } from './pool-watch.ts';
import { makeWebhookSink } from './webhook-sink.ts';

/** Pools that are watched; more are left out. */
const MAX_POOLS = 100;
/** Pools that are closed, and of which an end must be told yet. */
const MAX_ENDED = 100;
const MAX_SILENCE_MS = 7 * 24 * 3_600_000;

/** Watches pools from the moment it is made, until it is stopped. Its timer does not keep the process alive. */
export class Alerts {
  readonly #options: ResolvedAlertOptions;
  readonly #sinks: readonly AlertSink[];
  readonly #announcer: Announcer;
  readonly #rules: readonly ActiveRule[];
  readonly #orphans: { readonly watch: OrphanWatch; readonly entry: AlertEntry } | undefined;
  readonly #watchOf = new WeakMap<LivePool, PoolWatch>();
  #watched: readonly PoolWatch[] = [];
  #ended: readonly PoolWatch[] = [];
  #lastLook: { readonly at: number; readonly thaws: number } | undefined;
  #timer: Timer | undefined;
  #isStopped = false;

  /** Throws `LG_INVALID_OPTION`. */
  constructor(options: AlertOptions = {}) {
    this.#options = resolveAlertOptions(options);
    this.#sinks = sinksOf(this.#options);
    this.#announcer = new Announcer({ ...this.#options, sinks: this.#sinks });
    this.#rules = POOL_RULES.flatMap((rule) => activate(rule, this.#options));
    this.#orphans = this.#watchOrphans();
    this.#isStopped = options.enabled === false;
    if (this.#isStopped) return;
    // Nothing is told yet: whoever is told may want to use what this constructor returns.
    this.#observe();
    this.#goOn();
  }

  /** What fires now, whether it has been told yet or not. */
  get firing(): readonly Alert[] {
    const { clock } = this.#options;
    return [...this.#entries(this.#watched)]
      .filter(({ state }) => state.phase === 'firing')
      .map((entry) => describeAlert(entry, 'firing', undefined, clock));
  }

  /**
   * Tells nothing of these for a while, such as during a migration; returns what ends it before. What still fires then is told.
   * Throws `LG_INVALID_OPTION`.
   *
   * @example
   * alerts.silence({ pool: 'reports', forMs: 30 * 60_000 });
   */
  silence(silence: Silence): () => void {
    checkSilence(silence);
    return this.#announcer.silence(silence);
  }

  /** Waits until all sinks have delivered what they have, for at most `deadlineMs`; resolves with how many are not. Never rejects. */
  async flush(deadlineMs: number): Promise<number> {
    const left = await Promise.all(
      this.#sinks.map(async (sink) => {
        try {
          return (await sink.flush?.(deadlineMs)) ?? 0;
        } catch (error) {
          this.#announcer.failed('the flush of a sink', error);
          return 0;
        }
      }),
    );
    return left.reduce((sum, count) => sum + count, 0);
  }

  /** Looks no more. What sinks have is still delivered. Again does nothing. */
  stop(): void {
    this.#isStopped = true;
    this.#timer?.cancel();
  }

  [Symbol.dispose](): void {
    this.stop();
  }

  #goOn(): void {
    const { clock, intervalMs } = this.#options;
    this.#timer = clock.setTimer(intervalMs, () => {
      // After a blocked loop, answers and releases that have arrived are let in first.
      clock.afterPendingIo(() => {
        if (!this.#isStopped) this.#announce(this.#observe());
        // Asked again: whoever was told may have stopped it.
        if (!this.#isStopped) this.#goOn();
      });
    });
  }

  /** Looks at all there is; returns the pools by the names under which they are shown. */
  #observe(): ReadonlyMap<string, LivePool> {
    const moment = this.#moment();
    this.#lookAtOrphans(moment);
    return this.#lookAtPools(moment);
  }

  #announce(pools: ReadonlyMap<string, LivePool>): void {
    const holderOf = (entry: AlertEntry): AlertHolder | undefined => this.#holderOf(entry, pools);
    this.#announcer.announce(this.#entries([...this.#watched, ...this.#ended]), holderOf);
    this.#ended = this.#ended
      .filter(({ entries }) => entries.some(({ isToldFiring }) => isToldFiring))
      .slice(-MAX_ENDED);
  }

  /** A time in which nobody looked, or nothing could go on, is not one in which something was so. */
  #moment(): Moment {
    const { clock, intervalMs } = this.#options;
    // The clock notices that the machine has slept when a turn begins, which is when it is first asked for the time of it.
    clock.coarseNow();
    const at = clock.now();
    const { thaws } = clock.loop;
    const last = this.#lastLook;
    this.#lastLook = { at, thaws };
    const passedMs = last === undefined ? Infinity : at - last.at;
    const isAfterGap = passedMs > 2 * intervalMs || thaws !== last?.thaws;
    return { at, isAfterGap, countedMs: isAfterGap ? 0 : Math.min(passedMs, intervalMs) };
  }

  #lookAtPools(moment: Moment): ReadonlyMap<string, LivePool> {
    const open = this.#listPools()
      .map((pool) => ({ pool, glance: this.#trying(pool, () => glanceAt(pool)) }))
      // One that cannot be asked is taken for one that goes on.
      .filter(({ glance }) => glance?.state !== 'closed');
    this.#forgetAllBut(new Set(open.map(({ pool }) => this.#watchOf.get(pool))), moment.at);
    const pools = new Map<string, LivePool>();
    for (const { pool, glance } of open) {
      const watch = this.#watch(pool);
      pools.set(watch.name, pool);
      if (glance !== undefined) watch.look(glance, moment);
    }
    return pools;
  }

  #forgetAllBut(known: ReadonlySet<PoolWatch | undefined>, at: number): void {
    const gone = this.#watched.filter((watch) => !known.has(watch));
    for (const watch of gone) watch.end(at);
    this.#ended = [...this.#ended, ...gone].filter((watch) => !known.has(watch));
    this.#watched = this.#watched.filter((watch) => known.has(watch));
  }

  #listPools(): readonly LivePool[] {
    const { pools = livePools } = this.#options;
    try {
      return [...new Set(typeof pools === 'function' ? pools() : pools)].slice(0, MAX_POOLS);
    } catch (error) {
      this.#announcer.failed('"pools"', error);
      return [];
    }
  }

  #watch(pool: LivePool): PoolWatch {
    let watch = this.#watchOf.get(pool);
    if (watch === undefined) {
      const taken = new Set([...this.#watched, ...this.#ended].map(({ name }) => name));
      watch = new PoolWatch(firstFree(printable(pool.name), taken), this.#rules);
      this.#watchOf.set(pool, watch);
    }
    if (!this.#watched.includes(watch)) this.#watched = [...this.#watched, watch];
    return watch;
  }

  /** A pool may be anybody's; what it throws is logged. */
  #trying<T>(pool: LivePool, look: () => T): T | undefined {
    try {
      return look();
    } catch (error) {
      this.#announcer.failed(`a look at pool "${printable(pool.name)}"`, error);
      return undefined;
    }
  }

  #watchOrphans(): { readonly watch: OrphanWatch; readonly entry: AlertEntry } | undefined {
    const { orphans, clock, logger } = this.#options;
    const [active] = activate(ORPHANS_RULE, this.#options);
    if (orphans === undefined || active === undefined) return undefined;
    return {
      watch: new OrphanWatch(orphans, clock, logger),
      entry: new AlertEntry(active.rule, active.limits, undefined),
    };
  }

  #lookAtOrphans(moment: Moment): void {
    if (this.#orphans === undefined) return;
    const { watch, entry } = this.#orphans;
    watch.look();
    // As long as nobody knows, what was so stays so.
    if (watch.count === undefined) return;
    const measurement = ORPHANS_RULE.measure(watch.count, entry.limits);
    entry.look({ ...moment, level: levelOf(measurement, entry.limits) }, measurement);
  }

  #holderOf(
    { rule, pool, state }: AlertEntry,
    pools: ReadonlyMap<string, LivePool>,
  ): AlertHolder | undefined {
    const found = pool === undefined || state.phase !== 'firing' ? undefined : pools.get(pool);
    if (found === undefined || rule.names === undefined) return undefined;
    return this.#trying(found, () => worstHolder(found.snapshot(), rule.names));
  }

  *#entries(watches: readonly PoolWatch[]): Iterable<AlertEntry> {
    for (const watch of watches) yield* watch.entries;
    if (this.#orphans !== undefined) yield this.#orphans.entry;
  }
}

/**
 * Watches the pools of this process and tells when something is wrong with one: once when it begins, once when it is over.
 * Nothing is asked of the server. Without `onAlert`, `sinks` and `webhook` it goes to the log. Throws `LG_INVALID_OPTION`.
 *
 * @example
 * using alerts = watchAlerts({ onAlert: (alert) => pager.notify(alert.summary) });
 */
export function watchAlerts(options: AlertOptions = {}): Alerts {
  return new Alerts(options);
}

function sinksOf({
  sinks = [],
  onAlert,
  webhook,
  clock,
  logger,
}: ResolvedAlertOptions): readonly AlertSink[] {
  const all = [...sinks];
  if (onAlert !== undefined) all.push({ send: onAlert });
  if (webhook !== undefined) all.push(makeWebhookSink(webhook, { clock, logger }));
  return all.length === 0 ? [logSink(logger)] : all;
}

function checkSilence(silence: Silence): void {
  refuseUnknown(silence, ['rule', 'pool', 'forMs']);
  checkNumber('forMs', silence.forMs, 0, MAX_SILENCE_MS);
  const { rule } = silence;
  if (rule !== undefined && !ALERT_RULE_IDS.includes(rule))
    throw new InvalidOptionError('rule', `one of ${ALERT_RULE_IDS.join(', ')}`, rule);
}

/** Nothing for one that is switched off. */
function activate<Subject>(
  rule: AlertRule<Subject>,
  { rules }: ResolvedAlertOptions,
): readonly ActiveRule<Subject>[] {
  const chosen = rules[rule.id];
  return chosen === false ? [] : [{ rule, limits: changeLimits(rule.limits, chosen) }];
}
