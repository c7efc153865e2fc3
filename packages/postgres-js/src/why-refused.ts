import type { ForeignRefusal } from '@lifeguard/core/adapter';

/** Why somebody has got no connection; `undefined` where it was something else, such as a query that was cancelled. */
export function whyRefused(error: unknown): ForeignRefusal | undefined {
  if (!(error instanceof Error)) return undefined;
  const { code, query, syscall } = error as { code?: unknown; query?: unknown; syscall?: unknown };
  if (code === 'CONNECTION_ENDED' || code === 'CONNECTION_DESTROYED') return 'closed';
  // A text is there when it was sent; a statement that is cancelled in the queue has none.
  if (typeof query === 'string' || code === '57014') return undefined;
  // The file that was to be run could not be read.
  if (syscall === 'open' || syscall === 'read') return undefined;
  // A mistake of the application's has no code; nor does it matter to others that a COPY is under way.
  if (typeof code !== 'string' || code === 'COPY_IN_PROGRESS' || code === 'UNDEFINED_VALUE') return undefined;
  return 'connect-failed';
}
