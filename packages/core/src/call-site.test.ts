import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { formatCallSite, ignoreFramesUnder, readStack } from './call-site.ts';

const here = (path: string): string => join(process.cwd(), path);
const read = (...lines: string[]): string[] =>
  readStack(['Error: acquired here', ...lines.map((line) => `    at ${line}`)].join('\n')).frames.map(
    (frame) => `${frame.file}|${frame.line}|${frame.column}|${frame.functionName ?? '-'}`,
  );

describe('a stack as V8 writes it', () => {
  it.each([
    ['a function', `createOrder (${here('src/orders.ts')}:42:7)`, 'src/orders.ts|42|7|createOrder'],
    ['the top level of a module', `${here('src/main.ts')}:3:1`, 'src/main.ts|3|1|-'],
    ['a file URL', `createOrder (file://${here('src/a%20b.ts')}:1:2)`, 'src/a b.ts|1|2|createOrder'],
    ['a file URL that is none', 'run (file://host/%zz:1:2)', 'file://host/%zz|1|2|run'],
    [
      'an async function',
      `async createOrder (${here('src/orders.ts')}:42:7)`,
      'src/orders.ts|42|7|createOrder',
    ],
    ['an async frame without a name', `async file://${here('src/orders.ts')}:42:7`, 'src/orders.ts|42|7|-'],
    [
      'a method',
      `OrderService.create (${here('src/orders.ts')}:1:2)`,
      'src/orders.ts|1|2|OrderService.create',
    ],
    ['a constructor', `new OrderService (${here('src/orders.ts')}:1:2)`, 'src/orders.ts|1|2|OrderService'],
    [
      'a method under another name',
      `Object.create [as run] (${here('src/a.ts')}:1:2)`,
      'src/a.ts|1|2|create',
    ],
    ['a getter', `get total [as total] (${here('src/a.ts')}:1:2)`, 'src/a.ts|1|2|get total'],
    ['an anonymous function', `Object.<anonymous> (${here('src/a.ts')}:1:2)`, 'src/a.ts|1|2|-'],
    ['a bare anonymous function', `<anonymous> (${here('src/a.ts')}:1:2)`, 'src/a.ts|1|2|-'],
    ['a function of a module object', `Module.run (${here('src/a.ts')}:1:2)`, 'src/a.ts|1|2|run'],
    [
      'evaluated code, named by the place that evaluates',
      `eval (eval at run (${here('src/a.ts')}:5:9), <anonymous>:1:1)`,
      'src/a.ts|5|9|-',
    ],
    [
      'a function of evaluated code',
      `inner (eval at run (${here('src/a.ts')}:5:9), <anonymous>:1:1)`,
      'src/a.ts|5|9|inner',
    ],
    ['a script of node:vm', 'evalmachine.<anonymous>:1:2', 'evalmachine.<anonymous>|1|2|-'],
    [
      'a Windows path',
      'createOrder (C:\\app\\src\\orders.ts:42:7)',
      'C:\\app\\src\\orders.ts|42|7|createOrder',
    ],
    ['a path outside of the working directory', 'run (/srv/other/a.ts:1:2)', '/srv/other/a.ts|1|2|run'],
    [
      'a directory with brackets and blanks',
      `run (${here('my app (copy)/a.ts')}:1:2)`,
      'my app (copy)/a.ts|1|2|run',
    ],
    ['a route of brackets', `run (${here('src/(shop)/page.ts')}:1:2)`, 'src/(shop)/page.ts|1|2|run'],
  ])('names %s', (_, line, expected) => {
    expect(read(line)).toEqual([expected]);
  });

  it.each([
    ['Node itself', 'process.processTicksAndRejections (node:internal/process/task_queues:105:5)'],
    ['a dependency', `Pool.connect (${here('node_modules/pg-pool/index.js')}:45:11)`],
    ['a dependency by file URL', `connect (file://${here('node_modules/pg/esm/index.mjs')}:1:1)`],
    ['a dependency on Windows', 'connect (C:\\app\\node_modules\\pg\\index.js:1:1)'],
    ['ourselves', `Pool.acquire (${join(import.meta.dirname, 'pool.ts')}:1:1)`],
    ['Promise.all', 'async Promise.all (index 0)'],
    ['native code', 'Array.map (<anonymous>)'],
    ['code without a file', 'run (<anonymous>:1:1)'],
    ['code evaluated by code without a file', 'eval (eval at <anonymous>, <anonymous>:1:1)'],
    ['WebAssembly', 'run (wasm://wasm/abc:wasm-function[1]:0x1f)'],
  ])('passes over %s', (_, line) => {
    expect(read(line)).toEqual([]);
  });

  it('begins with the frame that is nearest', () => {
    const { site, frames } = readStack(
      [
        'Error: two',
        'lines',
        `    at Pool.acquire (${join(import.meta.dirname, 'pool.ts')}:1:1)`,
        `    at near (${here('src/near.ts')}:1:1)`,
        `    at far (${here('src/far.ts')}:2:1)`,
      ].join('\n'),
    );
    expect(site).toBe(frames[0]);
    expect(frames.map((frame) => frame.functionName)).toEqual(['near', 'far']);
    expect(Object.isFrozen(frames) && Object.isFrozen(site)).toBe(true);
  });

  it('without a frame of the application has no site', () => {
    expect(readStack('')).toEqual({ site: undefined, frames: [] });
  });

  it('of a test of ours names the test, which is a user', () => {
    expect(readStack(new Error('here').stack ?? '').site?.file).toContain('call-site.test.ts');
  });

  it('passes over directories that were named', () => {
    expect(read(`run (${here('vendor/lifeguard/a.ts')}:1:1)`)).toHaveLength(1);
    ignoreFramesUnder(here('vendor/lifeguard'));
    ignoreFramesUnder(`${here('vendor/other')}/`);
    expect(
      read(`run (${here('vendor/lifeguard/a.ts')}:1:1)`, `run (${here('vendor/other/a.ts')}:1:1)`),
    ).toEqual([]);
    expect(read(`run (${here('vendor/lifeguard-app/a.ts')}:1:1)`)).toHaveLength(1);
  });
});

describe('a place in the code', () => {
  it('is written as people write it', () => {
    const site = { file: 'src/orders.ts', line: 42, column: 7 };
    expect(formatCallSite({ ...site, functionName: 'createOrder' })).toBe('src/orders.ts:42 createOrder');
    expect(formatCallSite({ ...site, functionName: undefined })).toBe('src/orders.ts:42');
    expect(formatCallSite(undefined)).toBe('(place unknown)');
  });
});
