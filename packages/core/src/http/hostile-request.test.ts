import process from 'node:process';
import fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';
import { isPrintable } from '../printable.ts';
import { requestName } from './request-name.ts';
import { containedTags } from './request-tags.ts';
import { scopeOpener } from './request-scope.ts';
import { traceIdOf } from './traceparent.ts';

const numRuns = Number(process.env['LG_RUNS'] ?? 2_000);
const CANARY = 'Canary7secret';
const anything = fc.string({ unit: 'binary', maxLength: 300 });
const part = fc.string({ unit: fc.constantFrom(...'/:@;&=%.~é \u001b\n'.split('')), maxLength: 8 });

/** A header that is valid, or was before some characters of it were changed. */
const traceparent = fc
  .tuple(
    fc.constant('00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01'),
    fc.array(fc.tuple(fc.nat(60), fc.string({ unit: 'binary', maxLength: 2 })), { maxLength: 2 }),
  )
  .map(([valid, changes]) =>
    changes.reduce<string>(
      (header, [at, text]) => header.slice(0, at) + text + header.slice(at + text.length),
      valid,
    ),
  );

describe('security rule 7: whatever a stranger sends', () => {
  it('as a query or fragment is not in the name of the request', () => {
    fc.assert(
      fc.property(part, fc.constantFrom('?', '#'), anything, (path, mark, rest) => {
        expect(requestName('GET', undefined, `/${path}${mark}${rest}${CANARY}`)).not.toContain(CANARY);
      }),
      { numRuns },
    );
  });

  it('as traceparent is a trace id, or nothing', () => {
    fc.assert(
      fc.property(fc.oneof(traceparent, anything, fc.anything()), (header) => {
        expect(traceIdOf(header) ?? '0'.repeat(32)).toMatch(/^[0-9a-f]{32}$/);
      }),
      { numRuns },
    );
  });

  it('as a tag is short, few and harmless, and breaks nothing', () => {
    const warn = vi.spyOn(process, 'emitWarning').mockImplementation(() => undefined);
    const made = fc.oneof(fc.dictionary(anything, fc.oneof(anything, fc.anything())), fc.anything());
    fc.assert(
      fc.property(made, (tags) => {
        const shown = Object.entries(containedTags({ tags: () => tags as Record<string, string> })({}));
        expect(shown.length).toBeLessThanOrEqual(16);
        for (const text of shown.flat()) {
          expect(isPrintable(text)).toBe(true);
          expect(text.length).toBeLessThanOrEqual(1_000);
        }
      }),
      { numRuns },
    );
    warn.mockRestore();
  });

  it('as method, path and route is one harmless line of the report', () => {
    const open = scopeOpener({});
    fc.assert(
      fc.property(anything, anything, fc.option(anything, { nil: undefined }), (method, url, route) => {
        const name = (): string => requestName(method, route, url);
        const { scope, end } = open({}, { request: {}, name, traceparent: url });
        const shown = String(scope.view(0).name);
        end();
        expect(isPrintable(shown)).toBe(true);
        expect(shown.length).toBeLessThanOrEqual(2_100);
      }),
      { numRuns },
    );
  });
});
