import { printable } from '@lifeguard/core/adapter';
import { excerpt } from './excerpt.ts';
import { printablePath } from './printable-path.ts';
import { SettingsError } from './settings-error.ts';
import type { SettingsProblem } from './settings-error.ts';
import type { SourceText } from './source-text.ts';

/** More problems than this are counted, not told. */
const MOST_PROBLEMS = 50;

/** A problem and where it was found. */
export interface Finding {
  /** Where in the text; left out when the place is elsewhere. */
  readonly offset?: number;
  /** Where else: shown in place of the file. */
  readonly source?: string;
  readonly path: readonly PropertyKey[];
  readonly message: string;
  readonly suggestion?: string | undefined;
  /** Whether a key is wrong, and not its value; else a key that nobody knows is masked, too. */
  readonly aboutKey?: boolean;
}

/** Gathers what is wrong with one file, so that all of it is told at once. */
export class ProblemLog {
  readonly #source: SourceText;
  readonly #findings: Finding[] = [];
  #untold = 0;

  constructor(source: SourceText) {
    this.#source = source;
  }

  /** Whether further problems are only counted. */
  get isFull(): boolean {
    return this.#findings.length >= MOST_PROBLEMS;
  }

  add(finding: Finding): void {
    if (!this.isFull) this.#findings.push(finding);
    else this.#untold++;
  }

  /** For what makes it useless to look further. */
  fail(finding: Finding): never {
    this.add(finding);
    throw this.#error();
  }

  /** Whether a value has a problem already, so that nothing follows from it. */
  has(path: readonly PropertyKey[]): boolean {
    const id = path.join('\0');
    return this.#findings.some((finding) => finding.aboutKey !== true && finding.path.join('\0') === id);
  }

  throwIfAny(): void {
    if (this.#findings.length > 0) throw this.#error();
  }

  #error(): SettingsError {
    const findings = this.#findings.toSorted((a, b) => (a.offset ?? Infinity) - (b.offset ?? Infinity));
    const total = findings.length + this.#untold;
    const lines = findings.flatMap((finding) => this.#show(finding));
    if (this.#untold > 0) lines.push(`and ${this.#untold} more`);
    return new SettingsError({
      summary: `${printable(this.#source.file, 200)} has ${total === 1 ? 'a problem' : `${total} problems`}`,
      rows: [[total === 1 ? 'problem' : 'problems', lines]],
      problems: findings.map((finding) => this.#problem(finding)),
    });
  }

  #problem(finding: Finding): SettingsProblem {
    const position = finding.offset === undefined ? undefined : this.#source.positionAt(finding.offset);
    return {
      file: finding.source ?? this.#source.file,
      line: position?.line,
      column: position?.column,
      path: printablePath(finding.path),
      message: printable(finding.message, 600),
      ...(finding.suggestion === undefined ? {} : { suggestion: finding.suggestion }),
    };
  }

  #show(finding: Finding): string[] {
    const { file, line, column, path, message } = this.#problem(finding);
    const place = line === undefined ? file : `${file}:${line}:${column}`;
    const head = `${printable(place, 220)}${path === '' ? '' : ` ${path}`}: ${message}`;
    if (line === undefined || column === undefined) return [head];
    return [head, ...excerpt(this.#source, { line, column }, finding.aboutKey === true)];
  }
}
