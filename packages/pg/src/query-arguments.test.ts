import Cursor from 'pg-cursor';
import QueryStream from 'pg-query-stream';
import { expect, test } from 'vitest';
import { readQueryArguments } from './query-arguments.ts';

const callback = (): void => undefined;

test.each([
  [['select 1'], 'select 1', -1],
  [['select $1', [1]], 'select $1', -1],
  [['select 1', callback], 'select 1', 1],
  [['select $1', [1], callback], 'select $1', 2],
  [[{ text: 'select 1', values: [] }, callback], 'select 1', 1],
  [[{ name: 'prepared before' }], undefined, -1],
  [[new Cursor('select 2')], 'select 2', -1],
  [[new QueryStream('select 3')], 'select 3', -1],
  [[null], undefined, -1],
])('the text and the callback are found in %j', (args, sql, callbackIndex) => {
  expect(readQueryArguments(args)).toMatchObject({ sql, callbackIndex });
});

test('only what submits itself is a submittable', () => {
  const cursor = new Cursor('select 1');
  expect(readQueryArguments([cursor]).submittable).toBe(cursor);
  expect(readQueryArguments([{ text: 'select 1' }]).submittable).toBeUndefined();
});
