import process from 'node:process';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { containedTags } from './request-tags.ts';

type Tags = Record<string, string>;

/** What becomes of whatever a user's function gives. */
function tagsFor(made: () => unknown): Tags {
  return containedTags({ tags: made as () => Tags })(undefined);
}

describe('the tags of a request', () => {
  const warn = vi.spyOn(process, 'emitWarning');
  beforeEach(() => void warn.mockImplementation(() => undefined));
  afterEach(() => void warn.mockReset());

  it('are what the function makes of the request', () => {
    const tagsOf = containedTags({ tags: (request: { tenant: string }) => ({ tenant: request.tenant }) });
    expect(tagsOf({ tenant: 'acme' })).toEqual({ tenant: 'acme' });
  });

  it('are none without a function', () => {
    expect(containedTags({})(undefined)).toEqual({});
  });

  it('are none when the function throws, which is told once', () => {
    const tagsOf = containedTags({
      tags: () => {
        throw new Error('no tags today');
      },
    });
    expect([tagsOf(undefined), tagsOf(undefined)]).toEqual([{}, {}]);
    expect(warn.mock.calls).toEqual([
      [expect.stringContaining('no tags today'), expect.objectContaining({ code: 'LG_LISTENER_FAILED' })],
    ]);
  });

  it('are none when they are a promise, whose rejection harms nobody', () => {
    expect(tagsFor(() => Promise.reject(new Error('late')))).toEqual({});
    expect(warn).toHaveBeenCalledOnce();
  });

  it.each([undefined, null, 'text', 7])('are none when they are %s', (made) => {
    expect(tagsFor(() => made)).toEqual({});
  });

  it('are texts only, few, short and on one line', () => {
    expect(tagsFor(() => ({ tenant: 'a\r\nb', count: 7, nothing: undefined }))).toEqual({
      tenant: 'a\\u{d}\\u{a}b',
    });
    const many = tagsFor(() =>
      Object.fromEntries(Array.from({ length: 50 }, (_, i) => [`k${i}`, 'v'.repeat(500)])),
    );
    expect(Object.keys(many)).toHaveLength(16);
    expect(many['k0']).toHaveLength(100);
  });
});
