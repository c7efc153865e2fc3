import { describeFailure } from '../error-report.ts';
import { processWarningLogger } from '../logger.ts';
import { printable } from '../printable.ts';
import type { RequestScopeOptions } from './scope-options.ts';

type Tags = Readonly<Record<string, string>>;

/** A value may come from the request, so it is as long and as odd as a stranger likes. */
const MAX_TAGS = 16;
const MAX_LENGTH = 100;

/**
 * Wraps a user's `tags`, so that nothing it does reaches the request: not what it throws, nor a promise that it returns.
 * The first failure is told by a process warning; the ones after it would only repeat it with each request.
 */
export function containedTags<Request>({ tags }: RequestScopeOptions<Request>): (request: Request) => Tags {
  if (tags === undefined) return () => ({});
  let isTold = false;
  const fail = (error: unknown): Tags => {
    if (!isTold) tell(error);
    isTold = true;
    return {};
  };
  return (request) => {
    try {
      const made: unknown = tags(request);
      if (made instanceof Promise) {
        made.catch(() => undefined);
        throw new TypeError('it returned a promise; tags are made at once');
      }
      return cleaned(made);
    } catch (error) {
      return fail(error);
    }
  };
}

function cleaned(tags: unknown): Tags {
  if (typeof tags !== 'object' || tags === null) return {};
  const texts = Object.entries(tags).filter(([, value]) => typeof value === 'string');
  return Object.fromEntries(
    texts
      .slice(0, MAX_TAGS)
      .map(([key, value]) => [printable(key, MAX_LENGTH - 1), printable(value, MAX_LENGTH - 1)]),
  );
}

function tell(error: unknown): void {
  const message = `LG_LISTENER_FAILED: the function "tags" of a request scope threw: ${describeFailure(error)}`;
  processWarningLogger.warn({ code: 'LG_LISTENER_FAILED' }, message);
}
