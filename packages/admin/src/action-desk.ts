import { isLifeguardError } from '@lifeguard/core';
import { describeFailure, printable } from '@lifeguard/core/adapter';
import { ADMIN_ACTIONS, actionOf, expectedBody, isAdminAction, readArguments } from './admin-action.ts';
import type { ActionArguments } from './admin-action.ts';
import type { ResolvedAdminOptions } from './admin-options.ts';
import type { AdminPool } from './admin-pool.ts';
import { Refusal, json, refusal } from './answer.ts';
import type { AuditEntry, AuditRing } from './audit-ring.ts';
import { onePool, poolInQuery } from './choose-pools.ts';
import { readBody } from './read-body.ts';
import { within } from './within.ts';

/** How long an action is waited for, in milliseconds; it goes on all the same. */
const PATIENCE_MS = 30_000;

const NO_ARGUMENTS: ActionArguments = Object.freeze({});

/** Takes actions, each only when it is allowed, and writes down each attempt. */
export class ActionDesk {
  readonly #options: ResolvedAdminOptions;
  readonly #audit: AuditRing;

  constructor(options: ResolvedAdminOptions, audit: AuditRing) {
    this.#options = options;
    this.#audit = audit;
  }

  /** Answers `POST /v1/pools/{name}/{action}`; rejects with a refusal. */
  async answer(
    request: Request,
    encodedName: string,
    action: string,
    query: URLSearchParams,
  ): Promise<Response> {
    if (!isAdminAction(action))
      throw refusal(
        404,
        'no-such-route',
        'there is no such action',
        `take one of ${ADMIN_ACTIONS.join(', ')}`,
      );
    if (request.method !== 'POST')
      throw refusal(405, 'method-not-allowed', 'an action is taken by POST', 'send a POST', {
        allow: 'POST',
      });
    const name = decodeName(encodedName);
    const attempt = { pool: printable(name, 100), action, arguments: NO_ARGUMENTS };
    try {
      if (poolInQuery(query) !== undefined)
        throw refusal(400, 'bad-query', 'the pool of an action is in its path', 'leave the query out');
      if (!this.#options.allow.includes(action))
        throw refusal(
          403,
          'not-allowed',
          `"${action}" is not allowed here`,
          `set the option allow: ['${action}']`,
        );
      const pool = onePool(this.#options.pools, name);
      const run = actionOf(pool, action);
      if (run === undefined)
        throw refusal(
          501,
          'not-offered',
          `this pool does not offer "${action}"`,
          'give adminHandler a pool that has it',
        );
      const given = readArguments(action, await readBody(request));
      if (typeof given === 'string') throw refusal(400, 'bad-body', given, expectedBody(action));
      attempt.arguments = given;
      return await this.#take(attempt, pool, () => run(given));
    } catch (error) {
      // What has failed is written down already.
      if (!(error instanceof Refusal) || error.problem.code !== 'action-failed')
        this.#write(attempt, 'refused', codeOf(error));
      throw error;
    }
  }

  async #take(attempt: Attempt, pool: AdminPool, run: () => unknown): Promise<Response> {
    try {
      const answered = await within(this.#options.clock, PATIENCE_MS, async () => await run());
      const count = typeof answered === 'number' && Number.isFinite(answered) ? answered : undefined;
      this.#write(attempt, 'done', undefined, count);
      const { action, arguments: given } = attempt;
      return json({ pool: pool.name, action, arguments: given, outcome: 'done', count });
    } catch (error) {
      this.#write(attempt, 'failed', codeOf(error));
      throw refusal(500, 'action-failed', describeFailure(error), 'see the log of the application');
    }
  }

  #write(attempt: Attempt, outcome: AuditEntry['outcome'], code?: string, count?: number): void {
    const at = new Date(this.#options.clock.wallTime()).toISOString();
    this.#audit.add({ at, ...attempt, outcome, code, count, peer: this.#options.transport });
  }
}

type Attempt = Pick<AuditEntry, 'pool' | 'action' | 'arguments'>;

function decodeName(encoded: string): string {
  try {
    return decodeURIComponent(encoded);
  } catch {
    throw refusal(
      400,
      'bad-query',
      'the name in the path is not encoded as in a URL',
      'use encodeURIComponent',
    );
  }
}

function codeOf(error: unknown): string | undefined {
  if (error instanceof Refusal) return error.problem.code;
  return isLifeguardError(error) ? error.code : 'failed';
}
