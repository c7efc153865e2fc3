import { describe, expect, it } from 'vitest';
import { traceIdOf } from './traceparent.ts';

const TRACE_ID = '0af7651916cd43dd8448eb211c80319c';
const VALID = `00-${TRACE_ID}-b7ad6b7169203331-01`;

describe('the trace of a traceparent header', () => {
  it('is its trace id', () => {
    expect(traceIdOf(VALID)).toBe(TRACE_ID);
    expect(traceIdOf(VALID.replace(/01$/, '00'))).toBe(TRACE_ID);
  });

  it.each<[string, unknown]>([
    ['no header', undefined],
    ['several headers', [VALID, VALID]],
    ['several headers that were joined', `${VALID}, ${VALID}`],
    ['an empty one', ''],
    ['another version', VALID.replace('00-', '01-')],
    ['the version that must not be', VALID.replace('00-', 'ff-')],
    ['capital letters', VALID.toUpperCase()],
    ['a letter that is no digit', VALID.replace('0af', '0xf')],
    ['a trace id of zeros', `00-${'0'.repeat(32)}-b7ad6b7169203331-01`],
    ['a parent id of zeros', `00-${TRACE_ID}-${'0'.repeat(16)}-01`],
    ['a trace id that is too short', `00-${TRACE_ID.slice(1)}-b7ad6b7169203331-01`],
    [
      'a trace id that is too short, and a parent id that is too long',
      `00-${TRACE_ID.slice(1)}-b7ad6b71692033311-01`,
    ],
    ['flags that are missing', `00-${TRACE_ID}-b7ad6b7169203331`],
    ['more behind it', `${VALID}-more`],
    ['a line break behind it', `${VALID}\n`],
    ['a space before it', ` ${VALID}`],
    ['a very long one', '0'.repeat(1_000_000)],
  ])('is ignored: %s', (_, header) => {
    expect(traceIdOf(header)).toBeUndefined();
  });

  it('may begin with zeros', () => {
    const traceId = `${'0'.repeat(31)}1`;
    expect(traceIdOf(`00-${traceId}-${'0'.repeat(15)}1-01`)).toBe(traceId);
  });
});
