import { describe, expect, it } from 'vitest';
import { checkManagedOptions } from './managed-options.ts';
import type { ManagedTransactionOptions } from './managed-options.ts';

const check = (options: object, outer?: ManagedTransactionOptions) => () =>
  checkManagedOptions(options, outer, 'managedTransaction()');

describe('what is asked of a transaction', () => {
  it.each([
    [{}],
    [{ isolationLevel: 'read uncommitted' }],
    [{ isolationLevel: 'serializable', accessMode: 'read only' }],
  ])('may be %o', (options) => expect(check(options)).not.toThrow());

  it.each([[{ isolationLevel: 'snapshot' }], [{ isolationLevel: 1 }], [{ accessMode: '' }]])(
    'may not be %o',
    (options) => expect(check(options)).toThrow(expect.objectContaining({ code: 'LG_INVALID_OPTION' })),
  );
});

describe('what a nested block asks for', () => {
  it.each<[object, ManagedTransactionOptions]>([
    [{}, {}],
    [{ isolationLevel: 'read committed' }, {}],
    [{ isolationLevel: 'repeatable read' }, { isolationLevel: 'serializable' }],
    [{ accessMode: 'read only' }, { accessMode: 'read only' }],
    [{ accessMode: 'read write' }, {}],
  ])('is given when it is %o within %o', (options, outer) => expect(check(options, outer)).not.toThrow());

  it.each<[object, ManagedTransactionOptions]>([
    [{ isolationLevel: 'repeatable read' }, {}],
    [{ isolationLevel: 'serializable' }, { isolationLevel: 'repeatable read' }],
    [{ accessMode: 'read only' }, { accessMode: 'read write' }],
    [{ accessMode: 'read only' }, {}],
  ])('is refused when it is %o within %o', (options, outer) =>
    expect(check(options, outer)).toThrow(expect.objectContaining({ code: 'LG_UNSUPPORTED' })),
  );
});
