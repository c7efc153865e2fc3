import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

const DEPTH = 14;

type Take<T> = () => T;

/** One of many places in an application that acquire, each with a stack of its own. */
export type Place = <T>(take: Take<T>) => T;

/**
 * Places in a module of its own, each 14 calls deep. It has a source map, which Node reads with `--enable-source-maps`: line
 * by line it says the same lines of another file.
 */
export async function loadPlaces(count: number): Promise<readonly Place[]> {
  const directory = mkdtempSync(join(tmpdir(), 'lifeguard-bench-'));
  const file = join(directory, 'places.mjs');
  try {
    writeFileSync(file, withSourceMap(sourceOf(count)));
    const { places } = (await import(pathToFileURL(file).href)) as { places: Place[] };
    return places;
  } finally {
    rmSync(directory, { recursive: true });
  }
}

function sourceOf(count: number): string {
  const places = Array.from({ length: count }, (_, place) => {
    const calls = Array.from({ length: DEPTH }, (__, level) => {
      const next = level + 1 < DEPTH ? `place${place}_${level + 1}(take)` : 'take()';
      return `function place${place}_${level}(take) {\n  return ${next};\n}`;
    });
    return calls.join('\n');
  });
  const names = Array.from({ length: count }, (_, place) => `place${place}_0`);
  return `${places.join('\n')}\nexport const places = [${names.join(', ')}];\n`;
}

function withSourceMap(source: string): string {
  const lines = source.split('\n').length;
  // In the notation of source maps: this line is the first one, each further one is the next one.
  const mappings = `AAAA${';AACA'.repeat(lines - 1)}`;
  const map = JSON.stringify({ version: 3, sources: ['places.ts'], names: [], mappings });
  return `${source}//# sourceMappingURL=data:application/json;base64,${Buffer.from(map).toString('base64')}\n`;
}
