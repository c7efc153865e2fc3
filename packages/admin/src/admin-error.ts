import { LifeguardError } from '@lifeguard/core';
import type { ErrorParts } from '@lifeguard/core';

/** What is in the way of serving, or of finding, an application. */
export type AdminErrorReason =
  /** The directory of the sockets is not ours alone. */
  | 'directory-not-private'
  /** The system allows no socket with a path of that length. */
  | 'path-too-long'
  /** There is something at the socket's path that must not be removed. */
  | 'path-taken'
  /** This process serves its pools already. */
  | 'served-already'
  | 'none-running'
  | 'several-running'
  /** Nobody answers on that socket: its process has ended without removing it. */
  | 'stale'
  /** It belongs to another user. */
  | 'no-access'
  /** Somebody is there, and says nothing that can be read. */
  | 'no-answer'
  /** The application has answered with a refusal; see `status` and `problem`. */
  | 'refused';

/** Nothing can be served, found or asked. Its code is `LG_UNSUPPORTED`; match on `reason`. */
export class AdminError extends LifeguardError {
  readonly reason: AdminErrorReason;
  /** HTTP status of the answer; `undefined` where there was none. */
  readonly status: number | undefined;
  /** Code of the answer, such as `not-allowed`. */
  readonly problem: string | undefined;

  constructor(
    reason: AdminErrorReason,
    parts: ErrorParts & { readonly status?: number; readonly problem?: string },
  ) {
    super('LG_UNSUPPORTED', parts);
    this.reason = reason;
    this.status = parts.status;
    this.problem = parts.problem;
  }
}

/** The system's code of an error, such as `ENOENT`. */
export function systemCode(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined;
}
