import { existsSync } from 'node:fs';
import { open } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { basename, resolve } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { printable } from '@lifeguard/core/adapter';
import type { ReportRow } from '@lifeguard/core/adapter';
import { MOST_BYTES, TOO_LARGE } from './check-text.ts';
import { parseSettings } from './parse-settings.ts';
import { SettingsError } from './settings-error.ts';
import type { Settings } from './settings.ts';
import type { Environment } from './substitute.ts';

/** How {@link loadSettings} looks at the world. */
export interface LoadSettingsOptions {
  /**
   * Variables for `${VAR}` and for `DATABASE_URL`.
   * @default process.env
   */
  readonly env?: Environment;
  /**
   * What a relative path is relative to.
   * @default process.cwd()
   */
  readonly cwd?: string;
}

/**
 * Settings from a YAML file. Only this file is read: there is no search in other folders, and no watching.
 *
 * @param file a path, relative to `options.cwd`, or a `file:` URL. Default: `settings.yaml`
 * @throws {@link SettingsError} (`LG_INVALID_SETTINGS`) when the file is missing, unreadable or wrong in any way
 * @example
 * const { database } = await loadSettings('settings.yaml');
 * const pool = new Pool(connector, database.pool);
 */
export async function loadSettings(
  file: string | URL = 'settings.yaml',
  options: LoadSettingsOptions = {},
): Promise<Settings> {
  const { text, name, env } = await readSettingsFile(file, options);
  return parseSettings(text, { file: name, env });
}

/** The text of a file and how it is called, before anything tries to understand it. Rejects with `LG_INVALID_SETTINGS`. */
export async function readSettingsFile(
  file: string | URL,
  options: LoadSettingsOptions,
): Promise<{ readonly text: string; readonly name: string; readonly env: Environment }> {
  const { env = process.env, cwd = process.cwd() } = options;
  const name = typeof file === 'string' ? file : fileURLToPath(file);
  return { text: decode(await read(name, resolve(cwd, name)), name), name, env };
}

async function read(name: string, path: string): Promise<Uint8Array> {
  let handle: FileHandle | undefined;
  try {
    handle = await open(path, 'r');
    if ((await handle.stat()).isDirectory()) throw unreadable(name, path, 'it is a directory');
    return await readLimited(handle, name, path);
  } catch (error) {
    if (error instanceof SettingsError) throw error;
    throw unreadable(name, path, reasonOf(error), error);
  } finally {
    await handle?.close();
  }
}

/** Never more than a settings file may have: the size of a pipe or device is not known before. */
async function readLimited(handle: FileHandle, name: string, path: string): Promise<Uint8Array> {
  const buffer = new Uint8Array(MOST_BYTES + 4); // The limit is for the text; a byte-order mark comes on top.
  let length = 0;
  for (;;) {
    const { bytesRead } = await handle.read(buffer, length, buffer.length - length, null);
    if (bytesRead === 0) return buffer.subarray(0, length);
    length += bytesRead;
    if (length === buffer.length) throw unreadable(name, path, `it is ${TOO_LARGE}`);
  }
}

function decode(bytes: Uint8Array, name: string): string {
  const isUtf16 = (bytes[0] === 0xff && bytes[1] === 0xfe) || (bytes[0] === 0xfe && bytes[1] === 0xff);
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    const valid = new TextDecoder().decode(bytes).split('\uFFFD')[0] ?? '';
    const line = isUtf16 ? undefined : valid.split('\n').length;
    const place = line === undefined ? '' : ` from line ${line} on`;
    const message = isUtf16 ? 'written in UTF-16; save it as UTF-8' : `not UTF-8${place}; save it as UTF-8`;
    throw new SettingsError({
      summary: `${printable(name, 200)} is ${message}`,
      problems: [{ file: name, line, column: undefined, path: '', message }],
    });
  }
}

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file',
  ENOTDIR: 'a part of the path is not a directory',
  EACCES: 'this user may not read it',
  EPERM: 'this user may not read it',
  EISDIR: 'it is a directory',
  ELOOP: 'its symbolic links go round in a circle',
};

function reasonOf(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown error';
  return REASONS[code] ?? `the system says ${code}`;
}

function unreadable(name: string, path: string, message: string, cause?: unknown): SettingsError {
  const missing = message === REASONS['ENOENT'];
  const fix: readonly ReportRow[] = missing ? [['fix', siblingOf(path) ?? SHORTEST]] : [];
  return new SettingsError({
    summary: `cannot read ${printable(name, 200)}: ${message}`,
    rows: [['looked', `at ${printable(path, 400)}`], ...fix],
    problems: [{ file: name, line: undefined, column: undefined, path: '', message }],
    cause,
  });
}

/** The file under the other usual ending. */
function siblingOf(path: string): string | undefined {
  const sibling = path.endsWith('.yml') ? path.replace(/yml$/, 'yaml') : path.replace(/yaml$/, 'yml');
  return sibling !== path && existsSync(sibling)
    ? `there is a ${basename(sibling)}; name that one`
    : undefined;
}

const SHORTEST = [
  'create it; the shortest that will do is',
  '  providers:',
  '    database:',
  '      url: ${DATABASE_URL}',
];
