import { inspect } from 'node:util';
import { describe, expect, it } from 'vitest';
import { errorForLog } from './error-for-log.ts';
import { describeFailure } from './error-report.ts';
import { ConnectError } from './errors.ts';

const CANARY = 'Canary7secret';

/** As pg makes it of what the server sends. */
function serverError(code: string, message: string): Error {
  return Object.assign(new Error(message), {
    severity: 'ERROR',
    code,
    routine: 'pg_strtoint32_safe',
    detail: `Key (email)=(${CANARY}) already exists.`,
    where: `unnamed portal parameter $1 = '${CANARY}'`,
    hint: CANARY,
    internalQuery: `select '${CANARY}'`,
    client: { password: CANARY },
  });
}

const invalid = serverError('22P02', `invalid input syntax for type integer: "${CANARY}"`);
const duplicate = serverError('23505', 'duplicate key value violates unique constraint "person_email_key"');

describe('security rule 4: what is logged of an error from elsewhere', () => {
  it.each([
    ['a server error whose message repeats a parameter', invalid],
    ['a server error whose detail repeats a row', duplicate],
    ['a raised exception', serverError('P0001', `no such person: ${CANARY}`)],
    ['a syntax error near a literal', serverError('42601', `syntax error at or near "${CANARY}"`)],
    [
      "MySQL's, which repeats the row in its message",
      Object.assign(new Error(`Duplicate entry '${CANARY}' for key 'email'`), {
        code: 'ER_DUP_ENTRY',
        sqlState: '23000',
        sqlMessage: CANARY,
      }),
    ],
    [
      "an ORM's, which has the parameters in its message",
      new Error(`Failed query: insert …\nparams: ${CANARY}`, { cause: invalid }),
    ],
    ['one that was wrapped twice', new Error(CANARY, { cause: new Error(CANARY, { cause: duplicate }) })],
    ['one of several', new AggregateError([invalid, duplicate])],
    [
      'one with what it should not have',
      Object.assign(new Error('failed'), { config: { password: CANARY } }),
    ],
    ['one with an odd name', Object.assign(new Error('failed'), { name: `${CANARY}\n` })],
  ])('is nothing secret of %s', (_, error) => {
    const shown = errorForLog(error);
    for (const text of [
      inspect(shown, { depth: 9, showHidden: true }),
      JSON.stringify(shown),
      String(shown.stack),
      describeFailure(error),
    ]) {
      expect(text).not.toContain(CANARY);
    }
  });

  it('is enough to find the mistake', () => {
    expect(describeFailure(duplicate)).toBe(
      'duplicate key value violates unique constraint "person_email_key"',
    );
    expect(describeFailure(invalid)).toBe(
      'ERROR 22P02 in pg_strtoint32_safe (its text may hold values, and is not shown)',
    );
    const bare = Object.assign(new Error(CANARY), { sqlState: '22001' });
    expect(describeFailure(bare)).toBe('ERROR 22001 (its text may hold values, and is not shown)');
    const shown = errorForLog(new TypeError('x is not a function'));
    expect(shown.stack).toMatch(/^TypeError: x is not a function\n {4}at /);
    expect(errorForLog(invalid)).toMatchObject({ code: '22P02', name: 'Error' });
    expect(errorForLog(Object.assign(new Error('no'), { code: 'ENOTFOUND' }))).toMatchObject({
      code: 'ENOTFOUND',
    });
    expect(errorForLog('a text').message).toBe('a text');
  });

  it('is our own report as it is, since it was written without values', () => {
    const ours = new ConnectError({
      summary: 'cannot open',
      cause: invalid,
      pool: {} as ConnectError['pool'],
      attempts: 1,
    });
    expect(describeFailure(ours)).toBe(ours.message.replaceAll('\n', '\\u{a}'));
    expect(inspect(errorForLog(ours))).not.toContain(CANARY);
  });

  it('is something even of what refuses to be read', () => {
    const hostile = new Proxy(new Error('x'), {
      get() {
        throw new Error('no');
      },
    });
    expect(errorForLog(hostile).message).toBe('a thrown object');
    expect(errorForLog(Object.create(null)).message).toBe('a thrown object');
    const unreadable = new Error('x');
    Object.defineProperty(unreadable, 'stack', {
      get() {
        throw new Error('no');
      },
    });
    expect(errorForLog(unreadable).message).toBe('x');
  });
});

describe('security rule 7: what is said of a failure', () => {
  it('is one line of bounded length', () => {
    expect(describeFailure(new Error('a\nLG_FORGED: b\u001b[2J'))).toBe('a\\u{a}LG_FORGED: b\\u{1b}[2J');
    expect(describeFailure(new Error('x'.repeat(100_000))).length).toBeLessThan(500);
  });
});
