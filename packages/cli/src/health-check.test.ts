import { systemClock } from '@lifeguard/core';
import { expect, test } from 'vitest';
import { makeWorld, untilCode } from '../test/run-cli.ts';
import { main } from './main.ts';

test('a leak is found, taken back when asked to, and what has improved is said', async () => {
  const { lifeguard, application } = makeWorld();
  await application({ leak: 2, allow: ['reclaim'] });
  const { stdout } = await untilCode(2, () => lifeguard('health-check'));
  expect(stdout).toContain('1. reclaim main: 2 of 2 connections in use are suspected of being leaked');
  const dry = await lifeguard('health-check', '--fix', '--dry-run');
  expect(dry).toMatchObject({ code: 2, stderr: '' });
  const unasked = await lifeguard('health-check', '--fix');
  expect(unasked.code).toBe(64);
  expect(unasked.stderr).toContain('nobody is there to be asked');
  const fixed = await lifeguard('health-check', '--fix', '--yes');
  expect(fixed).toMatchObject({ code: 0, stderr: 'done: reclaim of pool main (2)\n' });
  expect(fixed.stdout).toContain('pool main: critical → healthy, suspected leaks 2 → 0, in use 2 → 0');
  expect((await lifeguard('health-check')).code).toBe(0);
});

test('what the application does not allow is explained, and its health stays what it is', async () => {
  const { lifeguard, application } = makeWorld();
  await application({ leak: 2 });
  await untilCode(2, () => lifeguard('status'));
  const planned = await lifeguard('health-check', '--fix');
  expect(planned.stdout).toContain('could be done, if the application allowed it\n  - reclaim main: ');
  const { code, stdout, stderr } = await lifeguard('health-check', '--fix', '--yes');
  expect(code).toBe(2);
  expect(stderr).toContain("serveAdmin({ pools, allow: ['reclaim'] }) allows this");
  expect(stdout).toContain('pool main: critical as before, suspected leaks 2, in use 2');
});

test('a pool that was suspended is resumed', async () => {
  const { lifeguard, application } = makeWorld();
  await application({ suspend: true, allow: ['resume'] });
  expect((await lifeguard('health-check')).code).toBe(1);
  const { code, stdout } = await lifeguard('health-check', '--fix', '--yes');
  expect(code).toBe(0);
  expect(stdout).toContain('1. resume main: it is suspended, and 0 callers wait');
});

test('without --fix nothing is agreed to', async () => {
  expect((await makeWorld().lifeguard('health-check', '--yes')).code).toBe(64);
});

test('whoever sits there is asked, and nothing is done without a yes', async () => {
  const { application } = makeWorld();
  const { path } = await application({ suspend: true, allow: ['resume'] });
  const answering = async (answer: string): Promise<{ code: number; told: string }> => {
    let told = '';
    const sink = { write: (text: string) => (told += text) };
    const code = await main(['health-check', '--socket', path, '--fix'], {
      stdout: sink,
      stderr: sink,
      env: {},
      isTTY: true,
      columns: 80,
      clock: systemClock,
      terminal: undefined,
      gone: new AbortController().signal,
      endBy: () => expect.unreachable(),
      ask: (question) => Promise.resolve(question === 'Do this now? [y/N] ' ? answer : ''),
    });
    return { code, told };
  };
  const no = await answering('');
  expect(no.code).toBe(1);
  expect(no.told).toContain('nothing was done\n');
  const yes = await answering('y');
  expect(yes.code).toBe(0);
  expect(yes.told).toContain('done: resume of pool main\n');
});
