import { execFileSync } from 'node:child_process';
import process from 'node:process';
import { Worker } from 'node:worker_threads';
import { once } from 'node:events';
import { expect, test } from 'vitest';
import { tagged } from './application-name.ts';
import { MACHINE_IS_CERTAIN, THIS_PROCESS, formatTag, readTag, withoutTag } from './process-tag.ts';

const module = new URL('./process-tag.ts', import.meta.url);

test('a tag is read as it was written, and has no more than 31 bytes', () => {
  const tag = { ...THIS_PROCESS, pid: 4_194_304 };
  expect(readTag(formatTag(tag))).toEqual(tag);
  expect(readTag(`orders ${formatTag(tag)}`)).toEqual(tag);
  expect(formatTag(tag).length).toBeLessThanOrEqual(31);
});

test.each([
  '',
  'orders',
  'lg:',
  'xlg:0123456789.1.01234567',
  'lg:0123456789.0.01234567',
  'lg:0123456789.1.01234567 b',
])('there is no tag in %j', (name) => expect([readTag(name), withoutTag(name)]).toEqual([undefined, name]));

test('a name is tagged once, however often it is', () => {
  expect(tagged(tagged('orders'))).toBe(tagged('orders'));
  expect(tagged('x'.repeat(100))).toHaveLength(63);
});

test('another process of the same machine has another pid and boot', () => {
  const print = `const { THIS_PROCESS } = await import(${JSON.stringify(module.href)}); console.log(JSON.stringify(THIS_PROCESS))`;
  const other = JSON.parse(
    execFileSync(process.execPath, ['--input-type=module', '-e', print], { encoding: 'utf8' }),
  ) as typeof THIS_PROCESS;
  expect(other.machine).toBe(THIS_PROCESS.machine);
  expect(other.pid).not.toBe(THIS_PROCESS.pid);
  expect(other.boot).not.toBe(THIS_PROCESS.boot);
});

test('a worker thread is the same process, where the kernel tells', async () => {
  const print = `import(${JSON.stringify(module.href)}).then(({ THIS_PROCESS }) => require('node:worker_threads').parentPort.postMessage(THIS_PROCESS))`;
  const worker = new Worker(print, { eval: true });
  const [tag] = (await once(worker, 'message')) as [typeof THIS_PROCESS];
  await worker.terminate();
  expect({ ...tag, boot: '' }).toEqual({ ...THIS_PROCESS, boot: '' });
  expect(tag.boot === THIS_PROCESS.boot).toBe(MACHINE_IS_CERTAIN);
});
