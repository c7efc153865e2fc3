import process from 'node:process';

/** Says once what went wrong, and that the application has nothing to do with it. Nothing where LIFEGUARD_LOG is `off`. */
export function warn(what: string, error: unknown): void {
  if (process.env['LIFEGUARD_LOG'] === 'off') return;
  // Of errors that are not ours only the code is shown: texts may hold addresses.
  const { code = 'no code', summary = code } = (error ?? {}) as { code?: unknown; summary?: unknown };
  process.emitWarning(`${what}: ${String(summary)}; the application is not affected`, {
    type: 'LifeguardWarning',
    code: 'LG_UNSUPPORTED',
  });
}
