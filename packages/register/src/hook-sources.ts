import * as nodeModule from 'node:module';

/**
 * Has the source of a CommonJS file end in a statement, where the source is given to Node by another tool (`module.register`, as tsx and
 * others do): what Node runs so does not pass `Module._load`. Does nothing before Node 22.15 and 23.5, which have no such hook.
 */
export function hookSources(file: RegExp, statement: string): void {
  // The types know it always.
  const { registerHooks } = nodeModule as Partial<Pick<typeof nodeModule, 'registerHooks'>>;
  registerHooks?.({
    load(url, context, next) {
      const loaded = next(url, context);
      if (!file.test(url) || loaded.format !== 'commonjs' || loaded.source == null) return loaded;
      return { ...loaded, source: `${textOf(loaded.source)}\n;${statement};\n` };
    },
  });
}

/** A source as Node hands it on. */
export function textOf(source: string | NodeJS.ArrayBufferView | ArrayBuffer): string {
  return typeof source === 'string' ? source : new TextDecoder().decode(source);
}
