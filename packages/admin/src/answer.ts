import { printable } from '@lifeguard/core/adapter';

/** A refusal or failure, as it is answered: what it is, what it says, and what to do. */
export interface AdminProblem {
  readonly code: AdminProblemCode;
  readonly message: string;
  readonly fix: string;
}

/** Stable; match on these and not on the texts. */
export type AdminProblemCode =
  | 'bad-request'
  | 'url-too-long'
  | 'host-not-allowed'
  | 'foreign-origin'
  | 'not-authorized'
  | 'no-such-route'
  | 'method-not-allowed'
  | 'bad-query'
  | 'bad-body'
  | 'body-too-large'
  | 'unknown-pool'
  | 'ambiguous-pool'
  | 'no-metrics'
  | 'not-allowed'
  | 'not-offered'
  | 'action-failed'
  | 'too-slow'
  | 'too-many-readers'
  | 'too-many-connections'
  | 'too-large'
  | 'failed';

/** What every answer carries: it is kept by nobody, is nothing but what it says, loads nothing, and is framed by nobody. */
export const SAFE_HEADERS: Readonly<Record<string, string>> = Object.freeze({
  'cache-control': 'no-store',
  'x-content-type-options': 'nosniff',
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
});

/** Longest answer, in characters. */
export const MAX_ANSWER = 4_000_000;

/** Refuses, in the middle of whatever is done for a request. */
export class Refusal extends Error {
  readonly status: number;
  readonly problem: AdminProblem;
  readonly headers: Readonly<Record<string, string>>;

  constructor(status: number, problem: AdminProblem, headers: Readonly<Record<string, string>> = {}) {
    super(problem.message);
    this.status = status;
    this.problem = problem;
    this.headers = headers;
  }

  toResponse(): Response {
    return json(this.problem, this.status, this.headers);
  }
}

/** The refusal with that code; its texts are one harmless line each. */
export function refusal(
  status: number,
  code: AdminProblemCode,
  message: string,
  fix: string,
  headers?: Readonly<Record<string, string>>,
): Refusal {
  return new Refusal(
    status,
    { code, message: printable(message, 1_000), fix: printable(fix, 1_000) },
    headers,
  );
}

/** An answer as JSON. Refuses with 500 what is longer than {@link MAX_ANSWER}. */
export function json(value: unknown, status = 200, headers: Readonly<Record<string, string>> = {}): Response {
  return text(JSON.stringify(value), 'application/json; charset=utf-8', status, headers);
}

/** An answer as text. Refuses with 500 what is longer than {@link MAX_ANSWER}. */
export function text(
  body: string,
  contentType: string,
  status = 200,
  headers: Readonly<Record<string, string>> = {},
): Response {
  if (body.length > MAX_ANSWER)
    throw refusal(
      500,
      'too-large',
      `the answer has ${body.length} characters, ${MAX_ANSWER} are allowed`,
      'ask for one pool: ?pool=<name>',
    );
  return new Response(body, {
    status,
    headers: { 'content-type': contentType, ...SAFE_HEADERS, ...headers },
  });
}
