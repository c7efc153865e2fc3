import { AdminError } from '@lifeguard/admin';
import type { Clock } from '@lifeguard/core';
import type { AdminSource, TargetOptions } from '../admin-source.ts';
import { readState } from '../pool-state.ts';
import type { Look, MonitorAction } from './look.ts';

/** How long one look may take, in milliseconds: longer than the five seconds that an application gives a diagnosis. */
const LOOK_MS = 10_000;
/** The same of an action, which the application itself gives 30 seconds. */
const ACT_MS = 35_000;

/** Finds an application; the same as `openSource`. */
type OpenSource = (target: TargetOptions) => Promise<AdminSource>;

/** What a {@link Watch} works with. */
export interface WatchParts {
  readonly target: TargetOptions;
  readonly open: OpenSource;
  readonly clock: Clock;
  /** Ends whatever is being asked. */
  readonly signal: AbortSignal;
}

/**
 * Looks at an application again and again, also after it was started anew: what is targeted by name is found under its new pid.
 * One question at a time; nothing is asked that takes longer than a limit.
 */
export class Watch {
  readonly #parts: WatchParts;
  #target: TargetOptions;
  #source: AdminSource | undefined;

  constructor(parts: WatchParts) {
    this.#parts = parts;
    this.#target = parts.target;
  }

  /** Rejects with `LG_UNSUPPORTED`; the next look tries to find the application again. */
  async look(): Promise<Look> {
    const known = this.#source;
    try {
      return await this.#lookAt(known ?? (await this.#find()));
    } catch (error) {
      this.#source = undefined;
      if (known === undefined || !isGone(error)) throw error;
    }
    // It may have been started anew since: then nobody has missed anything.
    return this.#lookAt(await this.#find());
  }

  /** Answers how many it met, where the application says so. Rejects with `LG_UNSUPPORTED`. */
  async act(pool: string, action: MonitorAction): Promise<number | undefined> {
    const source = this.#source ?? (await this.#find());
    const answer = await this.#within(ACT_MS, (signal) =>
      source.post(`/v1/pools/${encodeURIComponent(pool)}/${action}`, signal),
    );
    const count: unknown = Reflect.get(Object(answer), 'count');
    return typeof count === 'number' ? count : undefined;
  }

  async #find(): Promise<AdminSource> {
    const source = await this.#parts.open(this.#target);
    this.#source = source;
    return source;
  }

  async #lookAt(source: AdminSource): Promise<Look> {
    return this.#within(LOOK_MS, async (signal) => {
      const asked = { get: (path: string) => source.get(path, signal) };
      const index = readIndex(await asked.get('/v1'), source);
      const { pools, omitted } = await readState(asked, this.#parts.target.pool);
      this.#remember(index.application);
      return { ...index, pools, omitted };
    });
  }

  /** Who has targeted the only one that runs means this one, whoever else is started meanwhile. */
  #remember({ name }: Look['application']): void {
    const { pid, name: given, socket, url } = this.#target;
    if ([pid, given, socket, url].every((each) => each === undefined))
      this.#target = { ...this.#target, name };
  }

  async #within<T>(limitMs: number, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
    const limit = new AbortController();
    const timer = this.#parts.clock.setTimer(limitMs, () => limit.abort(), { keepAlive: true });
    try {
      return await work(AbortSignal.any([limit.signal, this.#parts.signal]));
    } catch (error) {
      if (!limit.signal.aborted) throw error;
      throw new AdminError('no-answer', { summary: `no answer within ${limitMs / 1_000}s`, cause: error });
    } finally {
      timer.cancel();
    }
  }
}

function isGone(error: unknown): boolean {
  return error instanceof AdminError && (error.reason === 'stale' || error.reason === 'none-running');
}

function readIndex(answer: unknown, source: AdminSource): Pick<Look, 'application' | 'allow'> {
  const { name, pid, capabilities } = Object(answer) as Partial<
    Record<'name' | 'pid' | 'capabilities', unknown>
  >;
  const { allow } = Object(capabilities) as { allow?: unknown };
  return {
    application: {
      name: typeof name === 'string' ? name : source.title,
      pid: typeof pid === 'number' ? pid : undefined,
    },
    allow: Array.isArray(allow) ? allow.filter((each) => typeof each === 'string') : [],
  };
}
