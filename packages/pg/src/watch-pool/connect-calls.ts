import type {
  AnyFunction,
  Containment,
  ForeignPool,
  ForeignRefusal,
  ForeignWait,
} from '@lifeguard/core/adapter';
import type { DriverClient } from '../driver-types.ts';
import { PG_POOL_TEXT } from '../pg-pool-errors.ts';

/** Told of how calls have ended. */
interface Outcomes {
  /** May give the client another `release`, to be handed on. */
  granted(wait: ForeignWait, client: DriverClient): void;
  refused(): void;
}

/** Follows calls of a pool's `connect` to their outcome. The caller gets what it would have got, in the same form. */
export class ConnectCalls {
  readonly #foreign: Pick<ForeignPool<object>, 'ask' | 'forget' | 'refuse'>;
  readonly #contain: Containment;
  readonly #outcomes: Outcomes;
  /** A call is under way that is followed already: a class of the user's may call `connect` within `connect`. */
  #isInside = false;

  constructor(
    foreign: Pick<ForeignPool<object>, 'ask' | 'forget' | 'refuse'>,
    contain: Containment,
    outcomes: Outcomes,
  ) {
    this.#foreign = foreign;
    this.#contain = contain;
    this.#outcomes = outcomes;
  }

  /** Calls `connect` of `pool`, as its caller has. */
  pass(connect: AnyFunction, pool: unknown, args: readonly unknown[]): unknown {
    const wait = this.#isInside ? undefined : this.#contain.run(() => this.#foreign.ask());
    if (wait === undefined) return Reflect.apply(connect, pool, args);
    const [callback, ...rest] = args;
    const hasCallback = typeof callback === 'function';
    const followed = hasCallback ? [this.#answering(wait, callback as AnyFunction), ...rest] : args;
    const result = this.#within(true, () => {
      try {
        return Reflect.apply(connect, pool, followed);
      } catch (error) {
        this.#refused(wait, error);
        throw error;
      }
    });
    return hasCallback ? result : this.#follow(wait, result);
  }

  #answering(wait: ForeignWait, callback: AnyFunction): AnyFunction {
    const told = (error: unknown, client: unknown): void => this.#told(wait, error, client);
    const outside = (work: () => unknown): unknown => this.#within(false, work);
    return function (this: unknown, ...answer: unknown[]): unknown {
      const client = answer[1] as DriverClient | undefined;
      const release = client?.release;
      told(answer[0], client);
      // Where the client has got another `release` just now, both ways to give it back are that one.
      if (answer.length > 2 && answer[2] === release) answer[2] = client?.release;
      return outside(() => Reflect.apply(callback, this, answer));
    };
  }

  /**
   * A promise of its own, and not a second look at the same one: that would make a rejection that nobody handles look handled,
   * and keep V8 from naming who awaits it.
   */
  #follow(wait: ForeignWait, result: unknown): unknown {
    if (!isThenable(result)) {
      this.#contain.run(() => this.#foreign.forget(wait));
      return result;
    }
    return result.then(
      (client: unknown) => {
        this.#told(wait, undefined, client);
        return client;
      },
      (error: unknown) => {
        this.#refused(wait, error);
        throw error;
      },
    );
  }

  #told(wait: ForeignWait, error: unknown, client: unknown): void {
    if (error != null || client == null) return this.#refused(wait, error);
    this.#contain.run(() => {
      try {
        this.#outcomes.granted(wait, client as DriverClient);
      } finally {
        // Nothing, once it was granted.
        this.#foreign.forget(wait);
      }
    });
  }

  #refused(wait: ForeignWait, error: unknown): void {
    this.#contain.run(() => {
      const known = error instanceof Error ? error : new Error('no connection, and no reason given');
      this.#foreign.refuse(wait, whyRefused(known), known);
      this.#outcomes.refused();
    });
  }

  #within<T>(isInside: boolean, work: () => T): T {
    const before = this.#isInside;
    this.#isInside = isInside;
    try {
      return work();
    } finally {
      this.#isInside = before;
    }
  }
}

function whyRefused({ message }: Error): ForeignRefusal {
  if (message === PG_POOL_TEXT.acquireTimeout) return 'timeout';
  return message === PG_POOL_TEXT.ended ? 'closed' : 'connect-failed';
}

type Reaction = (value: unknown) => unknown;

function isThenable(value: unknown): value is { then(resolved: Reaction, rejected: Reaction): unknown } {
  return typeof value === 'object' && value !== null && 'then' in value && typeof value.then === 'function';
}
