// Secrets that are planted in the tests begin with this mark, and nothing that is printed may contain it.

import { Buffer } from 'node:buffer';
import process from 'node:process';
import { inspect } from 'node:util';

/** Letters and digits only, so that no encoding of a URL changes it. */
export const CANARY_MARK = 'LgCanary9';

/** As it is, and in the ways that tools like to write bytes. */
const FORMS: readonly string[] = [
  CANARY_MARK,
  Buffer.from(CANARY_MARK).toString('hex'),
  // Nine bytes are twelve characters, wherever in a longer text they begin.
  ...[0, 1, 2].map((shift) =>
    Buffer.from(' '.repeat(shift) + CANARY_MARK)
      .toString('base64')
      .slice(shift === 0 ? 0 : 4, 11 + (shift === 0 ? 0 : 1)),
  ),
];

/** The address of a server that asks for no password, with one that nothing may print; another one as it is. */
export function plantPassword(address: string): string {
  const url = new URL(address);
  if (url.password === '') url.password = `${CANARY_MARK}password`;
  return url.href;
}

/** The lines of a text that have a planted secret in them, in whatever form. */
export function linesWithCanary(text: string): string[] {
  return text.split('\n').filter((line) => FORMS.some((form) => line.includes(form)));
}

/** Looks at everything that a process prints or warns of, while tests run in it. */
export class OutputWatch {
  readonly #found: string[] = [];

  /** From now on. */
  constructor() {
    for (const method of ['debug', 'error', 'info', 'log', 'trace', 'warn'] as const)
      this.#wrap(console, method);
    for (const stream of [process.stdout, process.stderr]) this.#wrap(stream, 'write');
    this.#wrap(process, 'emitWarning');
  }

  /** What was printed with a secret in it since the last call. */
  takeFound(): string[] {
    return this.#found.splice(0);
  }

  #wrap<Key extends string>(target: Record<Key, unknown> | object, method: Key): void {
    const original: unknown = Reflect.get(target, method);
    if (typeof original !== 'function') return;
    const found = this.#found;
    const watched = function (this: unknown, ...args: unknown[]): unknown {
      const lines = args.flatMap((argument) => linesWithCanary(textOf(argument)));
      found.push(...lines.map((line) => `${method}: ${line}`));
      return Reflect.apply(original, this, args);
    };
    Reflect.set(target, method, watched);
  }
}

function textOf(argument: unknown): string {
  if (typeof argument === 'string') return argument;
  if (argument instanceof Uint8Array) return Buffer.from(argument).toString();
  return inspect(argument, { depth: 5 });
}
