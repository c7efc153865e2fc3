import type { ApplicationOptions } from './messages.ts';
import type { RowResult } from './row-result.ts';
import type { Route, World } from './world.ts';

/** `namespace`: a network of one's own, which needs root; `faketime`: a library that shows a process another clock. */
export type Need = 'namespace' | 'faketime';

/** One fault: how it begins, how it ends, and what must be true besides what must be true of all. */
export interface FaultRow {
  /** For `--rows`, and in results. */
  readonly id: string;
  /** As in docs/reliability.md. */
  readonly title: string;
  readonly routes: readonly Route[];
  /** The first version of PostgreSQL that has it. */
  readonly since?: number;
  /** What not every machine has. */
  readonly needs?: Need;
  /** How the application is started for it. */
  readonly application?: Partial<ApplicationOptions>;
  /** Whether it leaves its server unfit for others. */
  readonly ownServer?: boolean;
  /** Whether the fault is the end of the application. */
  readonly isEnd?: boolean;
  /** Brings the fault about, and lets it last. */
  inject(world: World): Promise<void>;
  /** Takes it away; without it, it passes by itself. */
  heal?(world: World): Promise<void> | void;
  /** What else has gone wrong on our side, in words. */
  judge?(result: RowResult): readonly string[];
}

export const EVERY_ROUTE: readonly Route[] = ['direct', 'pgbouncer'];
export const DIRECT: readonly Route[] = ['direct'];
