import { beginScope } from '../run-scope.ts';
import type { Session } from '../session.ts';
import { containedTags } from './request-tags.ts';
import { limitsOf } from './scope-options.ts';
import type { RequestScopeOptions } from './scope-options.ts';
import { traceIdOf } from './traceparent.ts';

/** What a middleware knows of a request when it comes in. */
export interface Incoming<Request> {
  readonly request: Request;
  /** Asked each time until the end: the route is known late. */
  readonly name: () => string | undefined;
  /** The header, whatever it is. */
  readonly traceparent: unknown;
}

/** The scope of a request, and how it ends. */
export interface OpenedScope {
  readonly scope: Session;
  /** Does nothing the second time. */
  readonly end: () => void;
}

/** The part of `http.ServerResponse` that tells when a request is over. */
export interface ClosingResponse {
  readonly closed?: boolean;
  readonly destroyed?: boolean;
  once(event: 'close', listener: () => void): unknown;
}

/** By what stands for a request, its response: a middleware that is mounted twice finds the first one's scope. */
const scopes = new WeakMap<object, Session>();

/** The scope that was opened for this request, also when it is over. */
export function scopeOf(key: object): Session | undefined {
  return scopes.get(key);
}

/** Makes the function that opens the scope of a request under a key. Its caller must `end()` what it opens. */
export function scopeOpener<Request>(
  options: RequestScopeOptions<Request>,
): (key: object, incoming: Incoming<Request>) => OpenedScope {
  const tagsOf = containedTags(options);
  const limits = limitsOf(options);
  return (key, { request, name, traceparent }) => {
    let nameNow = name;
    const traceId = traceIdOf(traceparent);
    const scope = beginScope(
      () => nameNow(),
      tagsOf(request),
      traceId === undefined ? limits : { ...limits, traceId },
    );
    scopes.set(key, scope);
    const end = (): void => {
      if (nameNow !== name) return;
      const last = scope.name;
      // From here on the text alone: a lease that is leaked must not keep its request alive too.
      nameNow = () => last;
      scope.end();
    };
    return { scope, end };
  };
}

/**
 * Runs `end` when the response is over, sent or not; at once when it is over already. Before Node 24, one that was still
 * queued behind another answer of its connection does not tell that the connection has gone; its request does.
 */
export function whenClosed(response: ClosingResponse, end: () => void, request?: object): void {
  if (response.destroyed === true || response.closed === true) return end();
  response.once('close', end);
  const incoming: AbortedRequest = request ?? {};
  incoming.once?.('aborted', end);
}

/** The part of `http.IncomingMessage` that tells of a connection that has gone. */
interface AbortedRequest {
  once?(event: 'aborted', listener: () => void): unknown;
}
