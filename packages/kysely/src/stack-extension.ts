/**
 * Adds the caller's stack to an error of the database driver: its own ends in a socket's event and names no line of the
 * application. Called on the failing path only. Errors of ours are left alone, since one may reject many calls.
 */
export function extendStack(error: unknown): unknown {
  if (!(error instanceof Error) || error.name.startsWith('LifeguardError')) return error;
  const here = new Error().stack;
  if (here !== undefined && !Object.isFrozen(error))
    error.stack += `\n${here.split('\n').slice(2).join('\n')}`;
  return error;
}
