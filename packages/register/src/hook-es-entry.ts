import * as nodeModule from 'node:module';
import { textOf } from './hook-sources.ts';

/** What postgres.js's own entry for ES modules may be called; a first look, which costs nothing. */
const ENTRY = /^file:.*\/src\/index\.js$/;
/** By which it is recognised: the same in all of 3.4. */
const DEFAULT = /^export default Postgres$/m;

/** Whether Node can do so: from 22.15 and 23.5 on. */
export function canHookEsEntry(): boolean {
  return (nodeModule as { registerHooks?: unknown }).registerHooks !== undefined;
}

/**
 * The ES module of postgres.js exports as its default what `replaceBy`, an expression, makes of it. Its address and all else of it stay
 * as they are: other tools have hooks of their own. Only where {@link canHookEsEntry}.
 */
export function hookEsEntry(replaceBy: string): void {
  nodeModule.registerHooks({
    load(url, context, next) {
      const loaded = next(url, context);
      if (!ENTRY.test(url) || loaded.format !== 'module' || loaded.source == null) return loaded;
      const source = textOf(loaded.source);
      if (!DEFAULT.test(source)) return loaded;
      return {
        ...loaded,
        source: source.replace(DEFAULT, `export default ${replaceBy}?.(Postgres) ?? Postgres`),
      };
    },
  });
}
