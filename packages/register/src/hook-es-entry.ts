import { readFileSync } from 'node:fs';
import * as nodeModule from 'node:module';

/** At the end of an address: what is there imports the module at that address without it. */
const MARK = '?lifeguard';
/** postgres.js's own entry for ES modules; a first look, which costs nothing. */
const ENTRY = /^file:.*\/src\/index\.js$/;
const MAX_KNOWN = 1_000;

/** Whether Node can do so: from 22.15 and 23.5 on. */
export function canHookEsEntry(): boolean {
  return (nodeModule as { registerHooks?: unknown }).registerHooks !== undefined;
}

/**
 * Whoever imports postgres.js as an ES module gets a module in its place, which exports the same, but as its default what
 * `replaceBy`, an expression, makes of it. Only where {@link canHookEsEntry}.
 */
export function hookEsEntry(replaceBy: string): void {
  nodeModule.registerHooks({
    resolve(specifier, context, next) {
      const resolved = next(specifier, context);
      if (!ENTRY.test(resolved.url) || !context.conditions.includes('import')) return resolved;
      if (context.parentURL?.endsWith(MARK) === true || !isPostgresJs(resolved.url)) return resolved;
      return { ...resolved, url: resolved.url + MARK, format: 'module', shortCircuit: true };
    },
    load(url, context, next) {
      if (!url.endsWith(MARK) || !ENTRY.test(url.slice(0, -MARK.length))) return next(url, context);
      const address = JSON.stringify(url.slice(0, -MARK.length));
      const source = `import original from ${address};
export * from ${address};
export default (${replaceBy})?.(original) ?? original;
`;
      return { format: 'module', source, shortCircuit: true };
    },
  });
}

const known = new Map<string, boolean>();

function isPostgresJs(url: string): boolean {
  const before = known.get(url);
  if (before !== undefined) return before;
  if (known.size >= MAX_KNOWN) known.clear();
  const is = nameBeside(url) === 'postgres';
  known.set(url, is);
  return is;
}

function nameBeside(url: string): unknown {
  try {
    const manifest: unknown = JSON.parse(readFileSync(new URL('../package.json', url), 'utf8'));
    return (manifest as { name?: unknown }).name;
  } catch {
    // Some other file that is called so.
    return undefined;
  }
}
