/** What the test tells an application process to do. */
export type Order = 'hold' | 'stop';

/** What an application process says. */
export type Message =
  | { readonly kind: 'started'; readonly size: number }
  | { readonly kind: 'holding' }
  | Report;

export interface Report {
  readonly kind: 'report';
  readonly transactions: number;
  readonly queries: number;
  /** Blocks that were ended at their deadline, as they were meant to be. */
  readonly timeouts: number;
  /** Everything else that failed. */
  readonly errors: readonly string[];
  readonly behindPooler: boolean | undefined;
  readonly lost: number;
}
