import type { Kind } from './kind.ts';

/** One key of a section: what it may hold and what it is for. */
export interface TableKey extends Kind<unknown> {
  /** What leaving it out means, as it would be written; `undefined` where the description says it. */
  readonly fallback: string | number | boolean | undefined;
  readonly description: string;
}
