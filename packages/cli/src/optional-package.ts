import { isLifeguardError } from '@lifeguard/core';
import { describeFailure } from '@lifeguard/core/adapter';
import { UsageError } from './usage-error.ts';

/**
 * A package that only some commands need, loaded when one runs: who never uses these does not have to install it. Rejects, when
 * it or one of `packages` is missing, with what installs them.
 */
export async function optionalPackage<T>(load: () => Promise<T>, packages: readonly string[]): Promise<T> {
  try {
    return await load();
  } catch (error) {
    if (isLifeguardError(error) || !isMissing(error)) throw error;
    throw new UsageError(`this command needs ${packages.join(' and ')}`, [
      ['found', describeFailure(error)],
      ['fix', `install beside @lifeguard/cli: npm install ${packages.join(' ')}`],
    ]);
  }
}

function isMissing(error: unknown): boolean {
  const code: unknown = Reflect.get(Object(error), 'code');
  return code === 'ERR_MODULE_NOT_FOUND' || code === 'MODULE_NOT_FOUND';
}
