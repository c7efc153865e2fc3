import { describe, expect, it } from 'vitest';
import { describeFailure, formatDuration, moreRow, renderReport } from './error-report.ts';
import {
  InvalidOptionError,
  InvariantError,
  LifeguardError,
  PoolClosedError,
  isLifeguardError,
} from './errors.ts';

describe('an error', () => {
  it('reads as a report: what, where, what to do, and where to read on', () => {
    const error = new PoolClosedError('main');
    expect(String(error)).toBe(
      [
        'LifeguardError [LG_POOL_CLOSED]: pool "main" is closed',
        '  fix       acquire nothing after close(); stop taking requests before you close the pool',
        '  more      npx -p @lifeguard/cli lifeguard explain LG_POOL_CLOSED',
      ].join('\n'),
    );
    expect(error).toMatchObject({ code: 'LG_POOL_CLOSED', summary: 'pool "main" is closed' });
    expect(error).toBeInstanceOf(LifeguardError);
    expect(error.stack).toContain('errors.test.ts');
  });

  it('has a cause only when there is one', () => {
    const cause = new Error('down');
    expect(new LifeguardError('LG_CONNECT_FAILED', { summary: 'no', cause }).cause).toBe(cause);
    expect('cause' in new LifeguardError('LG_CONNECT_FAILED', { summary: 'no' })).toBe(false);
  });

  it('is known by its code, also when another copy of the package made it', () => {
    const foreign = Object.assign(new Error('from a copy'), { code: 'LG_QUEUE_FULL' });
    expect(isLifeguardError(foreign)).toBe(true);
    expect(isLifeguardError(foreign, 'LG_QUEUE_FULL')).toBe(true);
    expect(isLifeguardError(foreign, 'LG_BUG')).toBe(false);
    for (const other of [
      new Error('x'),
      Object.assign(new Error('x'), { code: '57P01' }),
      { code: 'LG_BUG' },
      undefined,
    ]) {
      expect(isLifeguardError(other)).toBe(false);
    }
    expect(isLifeguardError(Object.assign(new Error('x'), { code: 7 }))).toBe(false);
  });

  it.each([
    ['a string, cut', 'x'.repeat(100), `the string "${'x'.repeat(60)}"`],
    ['a function', () => 1, 'a function'],
    ['an array', [1], 'an array'],
    ['an object', { password: 'secret' }, 'an object'],
    ['null', null, 'null'],
    ['a number', NaN, 'NaN'],
  ])('about an option says what came without showing what is in it: %s', (_, value, got) => {
    const error = new InvalidOptionError('size', 'a whole number, 1 or more', value);
    expect(error.summary).toBe(`option "size" must be a whole number, 1 or more, got ${got}`);
    expect(error.option).toBe('size');
  });

  it('of ours says that it is ours', () => {
    const error = new InvariantError('two holders');
    expect(error).toMatchObject({ code: 'LG_BUG', summary: 'BUG: two holders' });
    expect(error.message).toContain('please report it');
  });

  it('says what tells more, and names the package that has it', () => {
    expect(moreRow('LG_ACQUIRE_TIMEOUT')).toEqual([
      'more',
      'npx -p @lifeguard/cli lifeguard explain LG_ACQUIRE_TIMEOUT',
    ]);
  });
});

describe('a report', () => {
  it('hangs several lines under one label', () => {
    expect(
      renderReport('summary', [
        ['holders', ['first', 'second']],
        ['fix', 'this'],
        ['none', []],
      ]),
    ).toBe(['summary', '  holders   first', '            second', '  fix       this'].join('\n'));
  });
});

describe('a duration', () => {
  it.each([
    [0, '0ms'],
    [999.4, '999ms'],
    [1_000, '1s'],
    [1_540, '1.5s'],
    [9_999, '10s'],
    [10_000, '10s'],
    [119_000, '119s'],
    [120_000, '2m'],
    [7_199_000, '120m'],
    [7_200_000, '2h'],
    [5_400_000 * 2.5, '3.8h'],
    [Infinity, 'no limit'],
  ])('of %d ms is written %s', (ms, text) => {
    expect(formatDuration(ms)).toBe(text);
  });
});

describe('what a failure says', () => {
  it.each([
    [new Error('down'), 'down'],
    ['just a text', 'just a text'],
    [undefined, 'undefined'],
    [new TypeError(''), 'TypeError'],
    [
      new AggregateError([new Error('refused on ::1'), new Error('refused on 127.0.0.1')], ''),
      'refused on ::1; refused on 127.0.0.1',
    ],
    [new AggregateError([new Error('inner')], 'outer'), 'outer'],
    [new AggregateError([], ''), 'AggregateError'],
  ])('%s', (failure, text) => {
    expect(describeFailure(failure)).toBe(text);
  });
});
