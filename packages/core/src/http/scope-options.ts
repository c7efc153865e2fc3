import { closest } from '../closest.ts';
import { InvalidOptionError, unknownOptionError } from '../errors.ts';
import { beginScope } from '../run-scope.ts';

/** What can be chosen for the scopes of requests. `Request` is the framework's. */
export interface RequestScopeOptions<Request> {
  /**
   * Shown with the name of the request: a tenant, a region; free of personal data. Asked when the scope begins, so that what
   * it reads must be there by then. At most 16, cut at 100 characters. One that throws breaks nothing: the first failure
   * is a process warning, and the request goes without tags.
   * @default none
   */
  tags?(this: void, request: Request): Readonly<Record<string, string>>;
  /**
   * Milliseconds from the beginning of a request until the scope's leases are taken back and new ones refused, whether or not the request is over.
   * It does not answer the request.
   * @default none, since a limit that ends uploads and event streams must be chosen
   */
  readonly timeoutMs?: number;
  /**
   * Milliseconds, in place of the pool's `leakThresholdMs` and `idleThresholdMs` for leases of requests; `Infinity` for none.
   * @default the pool's
   */
  readonly leakThresholdMs?: number;
}

const OPTIONS: readonly string[] = [
  'tags',
  'timeoutMs',
  'leakThresholdMs',
] satisfies (keyof RequestScopeOptions<unknown>)[];

/** Checks options once, when the middleware is made. Throws `LG_INVALID_OPTION`; `others` are a framework's own. */
export function checkScopeOptions<Request>(
  options: RequestScopeOptions<Request>,
  others: readonly string[] = [],
): RequestScopeOptions<Request> {
  for (const option of Object.keys(options)) {
    if (!OPTIONS.includes(option) && !others.includes(option)) throw unknownOption(option, options);
  }
  if (options.tags !== undefined && typeof options.tags !== 'function')
    throw new InvalidOptionError('tags', 'a function that is given the request', options.tags);
  // A scope that nobody uses refuses what each request's would.
  beginScope('options', {}, limitsOf(options)).end();
  return Object.freeze({ ...options });
}

/** Its limits as a session takes them. */
export function limitsOf({ timeoutMs = Infinity, leakThresholdMs }: RequestScopeOptions<never>): {
  readonly timeoutMs: number;
  readonly leakThresholdMs?: number;
} {
  return leakThresholdMs === undefined ? { timeoutMs } : { timeoutMs, leakThresholdMs };
}

function unknownOption(option: string, options: object): InvalidOptionError {
  const meant = closest(option, OPTIONS);
  const hint = meant === undefined ? '' : ` (did you mean "${meant}"?)`;
  return unknownOptionError(option, hint, Reflect.get(options, option));
}
