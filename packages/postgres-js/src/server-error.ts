/** Whether the server has said so, and not postgres.js. */
export function isServerError(error: unknown): boolean {
  return error instanceof Error && typeof Reflect.get(error, 'severity') === 'string';
}
