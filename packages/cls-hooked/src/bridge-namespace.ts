import { InvalidOptionError, runScope, runSession } from '@lifeguard/core';
import { contextStorage, setContextStorage } from '@lifeguard/core/adapter';
import type { Session, SessionOptions } from '@lifeguard/core';
import { activeContext } from './bridgeable-namespace.ts';
import type { BridgeableNamespace } from './bridgeable-namespace.ts';
import { BridgedStorage } from './bridged-storage.ts';
import { Carrier } from './carrier.ts';
import { carry } from './carrying-context.ts';
import { keepOutside } from './keep-outside.ts';
import { leaveAtReturn } from './leave-at-return.ts';
import { namespaceTags } from './namespace-tags.ts';

/** What can be chosen of a bridge. */
export interface BridgeOptions {
  /**
   * The name under which the namespace shows the session ({@link CarriedSession}). Choose one that nobody sets.
   * @default 'lifeguard'
   */
  readonly key?: string;
  /**
   * Names of values of the namespace that sessions begun by the bridge have as tags: text, numbers and booleans, 16 of 100
   * characters. Keep them free of personal data.
   * @default none
   */
  readonly tags?: readonly string[];
}

/** A namespace that carries sessions, until it is disposed. */
export interface NamespaceBridge extends Disposable {
  /** The namespace's values that are to be tags, as of now; for sessions and request scopes that somebody else begins. */
  tags(): Readonly<Record<string, string>>;
  /** {@link runSession} with the namespace's values as tags; those of `options` come first. */
  runSession<T>(options: SessionOptions, fn: (session: Session) => Promise<T> | T): Promise<T>;
  /** {@link runScope} with the namespace's values as tags; those of `tags` come first. */
  runScope<T>(
    name: string,
    tags: Readonly<Record<string, string>>,
    fn: (scope: Session) => Promise<T> | T,
  ): Promise<T>;
  /**
   * Makes `session` that of the namespace's active context and of those inside it, for as long as it is open; whoever began it
   * must end it. For code that calls back; elsewhere prefer `session.run()`. Throws `LG_INVALID_OPTION` outside of any context.
   */
  enter(session: Session): void;
}

const bridged = new WeakSet<object>();

/**
 * Carries sessions, and so their deadlines, from and to a namespace of cls-hooked's. The namespace shows the session of
 * the code that runs; and code that has lost its `AsyncLocalStorage`, but is bound to the namespace, is in its session again.
 * Taken from a namespace is only a session that is open. Replaces the namespace's `runPromise` by one that does not leave its
 * caller in the context of its work. Call it once, before the first session begins.
 *
 * @example
 * const bridge = bridgeNamespace(getNamespace('app'), { tags: ['tenant', 'requestId'] });
 */
export function bridgeNamespace(
  namespace: BridgeableNamespace,
  options: BridgeOptions = {},
): NamespaceBridge {
  const { key, tags } = resolve(options);
  check(namespace);
  bridged.add(namespace);
  const storage = new BridgedStorage(contextStorage(), namespace, key);
  const putBack = leaveAtReturn(namespace);
  keepOutside(namespace, key);
  setContextStorage(storage);
  const ownTags = () => namespaceTags(namespace, tags);
  let isOver = false;
  return {
    tags: ownTags,
    runSession: (given, fn) => runSession({ ...given, tags: { ...ownTags(), ...given.tags } }, fn),
    runScope: (name, given, fn) => runScope(name, { ...ownTags(), ...given }, fn),
    enter: (session) => carry(contextToEnter(namespace), Carrier.of(session), key),
    [Symbol.dispose]() {
      if (isOver) return;
      isOver = true;
      storage.close();
      // Another bridge may have been built on this one; then it stays below that, without effect.
      if (contextStorage() === storage) setContextStorage(storage.below);
      putBack();
      bridged.delete(namespace);
    },
  };
}

function contextToEnter(namespace: BridgeableNamespace): object {
  const context = activeContext(namespace);
  if (context !== undefined) return context;
  throw new InvalidOptionError('namespace', 'one with an active context: call run() or bind() first', null);
}

function check(namespace: BridgeableNamespace): void {
  const methods = ['createContext', 'enter', 'exit'] as const;
  if (methods.some((method) => typeof namespace?.[method] !== 'function'))
    throw new InvalidOptionError('namespace', 'a namespace of cls-hooked or of its interface', namespace);
  if (bridged.has(namespace))
    throw new InvalidOptionError('namespace', 'one that is not bridged yet: it is needed once', namespace);
}

function resolve(options: BridgeOptions): Required<BridgeOptions> {
  const { key = 'lifeguard', tags = [], ...others } = options;
  for (const [option, value] of Object.entries(others))
    throw new InvalidOptionError(option, 'left out: there is "key" and "tags" only', value);
  if (typeof key !== 'string' || key === '' || key === '__proto__')
    throw new InvalidOptionError('key', 'a non-empty text', key);
  if (!Array.isArray(tags) || tags.some((tag) => typeof tag !== 'string'))
    throw new InvalidOptionError('tags', 'a list of names', tags);
  return { key, tags: [...(tags as readonly string[])] };
}
