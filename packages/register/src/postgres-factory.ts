type Factory = (this: unknown, ...args: unknown[]) => unknown;

/** What postgres.js exports, of whichever copy, and what is handed out in its place. */
const inPlaceOf = new WeakMap<object, Factory>();
const ours = new WeakSet<object>();

/**
 * What is handed out in place of `postgres` of postgres.js: the same, but what it returns is told first. `undefined` for anything
 * else than that. `tell` must not throw.
 */
export function factoryFor(exports: unknown, tell: (sql: object) => void): unknown {
  if (!isFactory(exports) || ours.has(exports)) return undefined;
  const known = inPlaceOf.get(exports);
  if (known !== undefined) return known;
  const factory = new Proxy(exports, {
    apply(postgres, self, args): unknown {
      const sql: unknown = Reflect.apply(postgres, self, args);
      if (typeof sql === 'function') tell(sql);
      return sql;
    },
  });
  inPlaceOf.set(exports, factory);
  ours.add(factory);
  return factory;
}

/** By what it has, since it may have been installed under any name. */
function isFactory(exports: unknown): exports is Factory {
  if (typeof exports !== 'function') return false;
  try {
    return ['PostgresError', 'BigInt', 'toCamel', 'fromKebab'].every((name) => Object.hasOwn(exports, name));
  } catch {
    // Somebody's Proxy does not want to be looked at.
    return false;
  }
}
