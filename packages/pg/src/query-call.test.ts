import Cursor from 'pg-cursor';
import QueryStream from 'pg-query-stream';
import { expect, test } from 'vitest';
import { callbackOf, readQueryCall } from './query-call.ts';
import type { QueryCall } from './query-call.ts';

const answers: unknown[] = [];
const answer = (_error: unknown, result: unknown): void => void answers.push(result);
const read = (query?: unknown, values?: unknown, callback?: unknown): QueryCall =>
  readQueryCall(query, values, callback);

test.each([
  [['select 1'], 'select 1', false],
  [['select $1', [1]], 'select $1', false],
  [['select 1', answer], 'select 1', true],
  [['select $1', [1], answer], 'select $1', true],
  [[{ text: 'select 1', values: [] }, answer], 'select 1', true],
  [[{ name: 'prepared before' }], undefined, false],
  [[new Cursor('select 2')], 'select 2', false],
  [[new QueryStream('select 3')], 'select 3', false],
  [[null], undefined, false],
])('the text and the callback are found in %j', (args, sql, hasCallback) => {
  const call = read(...args);
  expect(call.sql).toBe(sql);
  answers.length = 0;
  callbackOf(call)?.(undefined, 'the answer');
  expect(answers).toEqual(hasCallback ? ['the answer'] : []);
});

test('a callback stays in the place in which it was given', () => {
  expect(read('select 1', answer)).toMatchObject({ values: expect.any(Function), callback: undefined });
  expect(read('select 1', [], answer)).toMatchObject({ values: [], callback: expect.any(Function) });
});

test('only what submits itself is a submittable', () => {
  const cursor = new Cursor('select 1');
  expect(read(cursor).submittable).toBe(cursor);
  expect(read({ text: 'select 1' }).submittable).toBeUndefined();
});
