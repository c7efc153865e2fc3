import { isAlias, isMap, isScalar, isSeq } from 'yaml';
import type { Alias, Document, Node, Pair, Scalar, YAMLMap } from 'yaml';
import { DEEPEST } from './compose.ts';
import type { ProblemLog } from './problem-log.ts';
import { resolveScalar } from './resolve-scalar.ts';
import type { SourceText } from './source-text.ts';
import type { Environment } from './substitute.ts';

/** Values and aliases followed; a file within the size limit can hold more only to exhaust us. */
const MOST_VALUES = 20_000;
const MOST_ALIASES = 100;

/** Where a value was written. */
interface Place {
  readonly keyAt: number;
  readonly valueAt: number;
  /** Those of the environment it was made from. */
  readonly variables: readonly string[];
}

/** A YAML document as plain data, and where each part of it was written. */
export interface Tree {
  /** Objects in it have no prototype. */
  readonly value: unknown;
  /** `undefined` for what is not in the file. */
  placeOf(path: readonly PropertyKey[]): Place | undefined;
}

type Path = readonly PropertyKey[];

/** Reads the whole document; what is wrong with a part goes to the log, and `undefined` into its place. */
export function readTree(
  source: SourceText,
  document: Document.Parsed,
  env: Environment,
  log: ProblemLog,
): Tree {
  const reader = new TreeReader(source, document, env, log);
  const value = reader.read(document.contents, [], 0);
  return { value, placeOf: (path) => reader.places.get(pathId(path)) };
}

class TreeReader {
  readonly places = new Map<string, Place>();
  readonly #source: SourceText;
  readonly #document: Document.Parsed;
  readonly #env: Environment;
  readonly #log: ProblemLog;
  readonly #anchors = new Map<string, Node>();
  #values = 0;
  #aliases = 0;
  #exhausted = false;

  constructor(source: SourceText, document: Document.Parsed, env: Environment, log: ProblemLog) {
    this.#source = source;
    this.#document = document;
    this.#env = env;
    this.#log = log;
  }

  read(node: Node | null, path: Path, keyAt: number): unknown {
    const valueAt = node?.range?.[0] ?? keyAt;
    const tooMuch = this.#tooMuch(path, isAlias(node));
    if (tooMuch !== undefined) return this.#giveUp(valueAt, tooMuch);
    if (node !== null && !isAlias(node) && node.anchor !== undefined) this.#anchors.set(node.anchor, node);
    this.places.set(pathId(path), { keyAt, valueAt, variables: [] });
    if (isAlias(node)) return this.#readAlias(node, path, keyAt);
    if (isMap(node)) return this.#readMap(node, path);
    if (isSeq(node)) return node.items.map((item, index) => this.#readItem(item, [...path, index], valueAt));
    return isScalar(node) ? this.#readScalar(node, path, { keyAt, valueAt }) : null;
  }

  #readItem(item: unknown, path: Path, listAt: number): unknown {
    const node = item as Node | null; // A parsed list holds nothing else.
    return this.read(node, path, node?.range?.[0] ?? listAt);
  }

  #readAlias(alias: Alias, path: Path, keyAt: number): unknown {
    const target = this.#anchors.get(alias.source);
    if (target !== undefined) return this.read(target, path, keyAt);
    this.#log.add({
      offset: startOf(alias),
      path,
      message: 'an alias (*name) without an anchor (&name) before it',
    });
    return undefined;
  }

  #readMap(map: YAMLMap, path: Path): unknown {
    const result: Record<string, unknown> = Object.create(null);
    const seen = new Map<string, number>();
    for (const { key, value } of map.items as Pair<Node, Node | null>[]) {
      const keyAt = startOf(key);
      if (!isScalar(key) || typeof key.value !== 'string') {
        this.#log.add({ offset: keyAt, path, message: 'a key must be a plain word' });
        continue;
      }
      const name = key.value;
      if (key.anchor !== undefined) this.#anchors.set(key.anchor, key);
      const first = seen.get(name);
      if (first === undefined) {
        seen.set(name, keyAt);
        result[name] = this.read(value, [...path, name], keyAt);
      } else this.#logDuplicate([...path, name], keyAt, first);
    }
    return result;
  }

  #readScalar(scalar: Scalar, path: Path, at: { readonly keyAt: number; readonly valueAt: number }): unknown {
    const { value, variables, problems } = resolveScalar(scalar, this.#document.schema, this.#env);
    if (variables.length > 0) this.places.set(pathId(path), { ...at, variables });
    for (const { reference, message } of problems) {
      // Not found where an escape or a line break is written differently.
      const index = this.#source.text.slice(at.valueAt, scalar.range?.[1]).indexOf(reference);
      this.#log.add({ offset: at.valueAt + Math.max(0, index), path, message });
    }
    return problems.length > 0 ? undefined : value;
  }

  #logDuplicate(path: Path, offset: number, firstAt: number): void {
    const { line } = this.#source.positionAt(firstAt);
    this.#log.add({ offset, path, message: `duplicate key, set already in line ${line}`, aboutKey: true });
  }

  #tooMuch(path: Path, alias: boolean): string | undefined {
    this.#values++;
    if (alias) this.#aliases++;
    if (this.#values > MOST_VALUES) return `more than ${MOST_VALUES} values`;
    if (this.#aliases > MOST_ALIASES) return `more than ${MOST_ALIASES} aliases (*name) to follow`;
    return path.length > DEEPEST ? `nested more than ${DEEPEST} levels deep` : undefined;
  }

  /** Nothing further is read, so that this is told once. */
  #giveUp(offset: number, message: string): undefined {
    if (!this.#exhausted) this.#log.add({ offset, path: [], message });
    this.#exhausted = true;
    return undefined;
  }
}

function startOf(node: Node | null | undefined): number {
  return node?.range?.[0] ?? 0;
}

function pathId(path: Path): string {
  return path.join('\0');
}
