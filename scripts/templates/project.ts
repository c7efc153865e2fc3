import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { tarballName } from '../pack-packages.ts';
import { runProgram, type ProgramResult } from './run-program.ts';

type Names = Record<string, string>;

interface Manifest {
  readonly name: string;
  readonly dependencies: Names;
  readonly devDependencies: Names;
  overrides?: Names;
}

/** Packages that depend on each other: whichever of them is installed, it is the packed one. */
const OURS = ['admin', 'cli', 'config', 'core', 'kysely', 'metrics', 'pg', 'testing'].map(
  (name) => `@lifeguard/${name}`,
);

/** The first one on a machine fetches everything. */
const INSTALL_LIMIT_MS = 240_000;

/** As in this repository: nothing of the last three days (`minimumReleaseAge`), and nobody's scripts. There is no lockfile. */
export function installOptions(now: number = Date.now()): readonly string[] {
  const before = new Date(now - 3 * 24 * 60 * 60_000).toISOString();
  const quietly = [
    '--prefer-offline',
    '--no-audit',
    '--no-fund',
    '--loglevel=error',
    '--fetch-timeout=30000',
  ];
  return ['--ignore-scripts', `--before=${before}`, ...quietly];
}

/** A copy of a template in a place of its own, far from this repository. */
export class Project implements Disposable {
  readonly directory: string;
  /** What create-lifeguard said. */
  readonly created: ProgramResult;
  readonly #place: string;

  private constructor(place: string, directory: string, created: ProgramResult) {
    this.#place = place;
    this.directory = directory;
    this.created = created;
  }

  /** As `npm create lifeguard my-app -- --template <name>` does it, by the packed program in `packed`. */
  static async create(packed: string, template: string): Promise<Project> {
    const place = mkdtempSync(join(tmpdir(), 'lifeguard-app-'));
    const program = join(packed, 'package', 'dist', 'bin.js');
    const args = [program, 'my-app', '--template', template];
    const created = await runProgram(process.execPath, args, { cwd: place });
    return new Project(place, join(place, 'my-app'), created);
  }

  get manifest(): Manifest {
    return JSON.parse(readFileSync(join(this.directory, 'package.json'), 'utf8')) as Manifest;
  }

  /** What this commit is takes the place of what was published under its version. */
  async install(packed: string): Promise<ProgramResult> {
    const tarballs = Object.fromEntries(
      OURS.map((name) => [name, `file:${join(packed, tarballName(name))}`]),
    );
    const { manifest } = this;
    for (const names of [manifest.dependencies, manifest.devDependencies]) {
      for (const name of Object.keys(names)) names[name] = tarballs[name] ?? names[name] ?? '';
    }
    writeFileSync(
      join(this.directory, 'package.json'),
      JSON.stringify({ ...manifest, overrides: tarballs }, undefined, 2),
    );
    return runProgram('npm', ['install', ...installOptions()], {
      cwd: this.directory,
      limitMs: INSTALL_LIMIT_MS,
    });
  }

  run(
    command: string,
    args: readonly string[],
    env: Readonly<Record<string, string>> = {},
  ): Promise<ProgramResult> {
    return runProgram(command, args, { cwd: this.directory, env });
  }

  [Symbol.dispose](): void {
    rmSync(this.#place, { recursive: true, force: true });
  }
}
