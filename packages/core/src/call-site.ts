import { fileURLToPath } from 'node:url';
import { basename, isAbsolute, relative, sep } from 'node:path';
import { printable } from './printable.ts';

/** One line of somebody's code. */
export interface CallSite {
  /** Relative to the working directory when it lies below it. */
  readonly file: string;
  readonly line: number;
  readonly column: number;
  /** `undefined` at the top level of a module and in anonymous functions. */
  readonly functionName: string | undefined;
}

/** A stack, read. */
export interface StackTrace {
  /** The first frame of the application: neither Node's, nor a dependency's, nor ours. */
  readonly site: CallSite | undefined;
  /** The application's frames, nearest first. */
  readonly frames: readonly CallSite[];
}

const ignoredDirectories = new Set<string>();

/**
 * Frames below this directory are never named as the place that took a connection. Our own packages pass theirs, so that
 * they stay out of reports also where they are not installed under `node_modules` (a workspace, a vendored copy).
 */
export function ignoreFramesUnder(directory: string): void {
  ignoredDirectories.add(directory.endsWith(sep) ? directory : directory + sep);
}

/**
 * The same for the files beside a module of ours, which says its own `name`. In a bundle its file is called otherwise and the
 * directory is the application's; then nothing is ignored.
 */
export function ignoreFramesBeside(module: ImportMeta, name: string): void {
  const { filename, dirname } = module;
  // Bundlers for CommonJS leave these out.
  if (filename !== undefined && basename(filename).startsWith(`${name}.`)) ignoreFramesUnder(dirname);
}

ignoreFramesBeside(import.meta, 'call-site');

/** Where nothing is known. */
export const NO_TRACE: StackTrace = Object.freeze({ site: undefined, frames: Object.freeze([]) });

/** Reads the text of an `Error.stack` as V8 writes it. Lines that are no frames are passed over. */
export function readStack(stack: string): StackTrace {
  const frames: CallSite[] = [];
  for (const line of stack.split('\n')) {
    const frame = readFrame(line);
    if (frame) frames.push(frame);
  }
  return Object.freeze({ site: frames[0], frames: Object.freeze(frames) });
}

/** As people write it: `src/orders.ts:42 createOrder`. */
export function formatCallSite(site: CallSite | undefined): string {
  if (site === undefined) return '(place unknown)';
  const place = `${site.file}:${site.line}`;
  return site.functionName === undefined ? place : `${place} ${site.functionName}`;
}

/** What took a connection: its label, its place in the code, or both. */
export function formatPlace(label: string | undefined, site: CallSite | undefined): string {
  if (label === undefined) return formatCallSite(site);
  return site === undefined ? label : `${label} at ${formatCallSite(site)}`;
}

function readFrame(line: string): CallSite | undefined {
  const text = line.trimStart();
  if (!text.startsWith('at ')) return undefined;
  // The first one: a directory may be called "copy (2)", a function hardly so.
  const open = text.endsWith(')') ? text.indexOf(' (') : -1;
  const name = open < 0 ? undefined : text.slice(3, open).replace(/^async /, '');
  const inside = open < 0 ? text.slice(3).replace(/^async /, '') : text.slice(open + 2, -1);
  // Evaluated code has no file of its own: `eval at run (/app/a.js:1:2), <anonymous>:1:1`.
  const place = inside.startsWith('eval at ') ? (/\(([^()]*)\)/.exec(inside)?.[1] ?? '') : inside;
  const position = /^(.+):(\d{1,9}):(\d{1,9})$/.exec(place);
  if (position === null) return undefined;
  const path = pathOf(position[1] as string);
  if (path === undefined || isForeign(path)) return undefined;
  return Object.freeze({
    file: printable(displayPath(path)),
    line: Number(position[2]),
    column: Number(position[3]),
    functionName: readName(name),
  });
}

/** `Object.<anonymous>` and `<anonymous>` say nothing; `async Promise.all (index 0)` never gets here (no position). */
function readName(name: string | undefined): string | undefined {
  if (name === undefined || name.includes('<anonymous>')) return undefined;
  const plain = name
    .replace(/^new /, '')
    .replace(/ \[as [^\]]*\]$/, '')
    .replace(/^(Object|Module|Function)\./, '');
  // A function may be called anything.
  return plain === '' || plain === 'eval' ? undefined : printable(plain, 120);
}

function pathOf(place: string): string | undefined {
  if (place.startsWith('node:') || place === '<anonymous>') return undefined;
  if (!place.startsWith('file:')) return place;
  try {
    return fileURLToPath(place);
  } catch {
    return place;
  }
}

function isForeign(path: string): boolean {
  if (/[\\/]node_modules[\\/]/.test(path)) return true;
  for (const directory of ignoredDirectories) {
    // Tests live beside the code they test; they are users of it.
    if (path.startsWith(directory) && !path.includes('.test.')) return true;
  }
  return false;
}

function displayPath(path: string): string {
  if (!isAbsolute(path)) return path;
  const fromHere = relative(process.cwd(), path);
  return fromHere.startsWith('..') || fromHere === '' ? path : fromHere;
}
