import { isRetryable } from '@lifeguard/core/adapter';

/** An error of the driver as the adapter hands it on; COMMIT rejects with it as it is. */
interface AdapterFailure {
  readonly cause?: { readonly originalCode?: unknown };
}

interface PrismaFailure {
  readonly code?: unknown;
  readonly cause?: unknown;
  readonly meta?: { readonly driverAdapterError?: AdapterFailure };
}

/** Whether the error is a serialization failure or a deadlock, which Prisma hides below codes of its own. */
export function isRetryableInPrisma(error: unknown): boolean {
  if (typeof error !== 'object' || error === null) return false;
  const { code, cause, meta } = error as PrismaFailure;
  if (code === 'P2034' || isRetryable(error)) return true;
  if (isRetryableBelow(meta?.driverAdapterError) || isRetryableBelow(error)) return true;
  // A failure that was caught, and has spoilt the transaction.
  return code === 'LG_COMMIT_ROLLED_BACK' && isRetryableInPrisma(cause);
}

function isRetryableBelow(failure: AdapterFailure | undefined): boolean {
  return isRetryable({ code: failure?.cause?.originalCode });
}
