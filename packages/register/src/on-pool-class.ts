import { hookSources } from './hook-sources.ts';
import { loader, onRequired } from './module-loader.ts';

/** `Pool` of some copy of pg-pool. */
export interface AnyPoolClass {
  readonly prototype: object;
}

/** Of pg-pool's only file of code. */
const POOL_FILE = /\/pg-pool\/index\.js$/;

/** Under a global symbol: a process that is told twice to watch (NODE_OPTIONS and the command line) does so once. */
const KEY = Symbol.for('@lifeguard/register');
const shared = globalThis as { [KEY]?: (exports: unknown) => void };

/**
 * Tells of each copy of pg-pool that is loaded, before whoever has asked for it goes on; and at once of those that are there
 * already. Not of one that a bundler has put into another file. `tell` must not throw.
 *
 * pg-pool is CommonJS, also where an ES module imports it; so all of it passes `Module._load`, unless another tool gives Node the
 * source to run. That is seen by {@link hookSources}.
 */
export function onPoolClass(tell: (PoolClass: AnyPoolClass) => void): void {
  if (shared[KEY] !== undefined) return;
  const seen = new WeakSet<object>();
  const see = (exports: unknown): void => {
    if (!isPoolClass(exports) || seen.has(exports)) return;
    seen.add(exports);
    tell(exports);
  };
  Object.defineProperty(shared, KEY, { value: see });
  for (const module of Object.values(loader._cache)) see(module?.exports);
  onRequired((exports) => {
    see(exports);
    return exports;
  });
  hookSources(POOL_FILE, `globalThis[Symbol.for('@lifeguard/register')]?.(module.exports)`);
}

/** By what it has, since it may have been installed under any name. */
function isPoolClass(exports: unknown): exports is AnyPoolClass {
  if (typeof exports !== 'function') return false;
  try {
    const prototype: unknown = exports.prototype;
    if (typeof prototype !== 'object' || prototype === null) return false;
    return ['connect', 'newClient', '_pulseQueue'].every((method) => Object.hasOwn(prototype, method));
  } catch {
    // Somebody's Proxy does not want to be looked at.
    return false;
  }
}
