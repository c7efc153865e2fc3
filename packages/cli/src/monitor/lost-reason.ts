import { isLifeguardError } from '@lifeguard/core';
import { UsageError } from '../usage-error.ts';
import { shown } from './text-width.ts';

/** Longest reason, in characters. */
const REASON = 300;

/** Why an application was not seen, in one line; anything but an answer that did not come is a defect, and thrown again. */
export function lostReason(error: unknown): string {
  if (isLifeguardError(error)) return shown(error.summary, REASON);
  // The token's file may be gone, or hold something else now.
  if (error instanceof UsageError) return shown(error.message.split('\n')[0], REASON);
  throw error;
}
