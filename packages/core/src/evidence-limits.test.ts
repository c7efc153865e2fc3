import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';

/** Runs a program, which prints JSON. */
async function run(file: string, flags: readonly string[]): Promise<unknown> {
  const { stdout } = await promisify(execFile)(process.execPath, [...flags, file]);
  return JSON.parse(stdout);
}

/** Runs a program of this package, with garbage collection at will. */
function runProgram(name: string): Promise<unknown> {
  return run(fileURLToPath(new URL(`../test/${name}`, import.meta.url)), ['--expose-gc']);
}

describe('a lease that was dropped', () => {
  it('is found whatever the shape of the code that dropped it, and one that is held is not', async () => {
    expect(await runProgram('collected.ts')).toEqual({
      found: ['closure', 'local', 'this', 'this of who awaits'],
      heldIsFound: false,
      held: true,
    });
  });
});

describe('a hundred thousand open leases of ten thousand places', () => {
  it('cost at most a kilobyte each, and nothing once they are back', async () => {
    const { bytesEach, bytesLeft, used } = (await runProgram('many-leases.ts')) as Record<string, number>;
    expect(bytesEach).toBeLessThan(1_024);
    // The 500 places that are remembered, and what the runtime has made meanwhile.
    expect(bytesLeft).toBeLessThan(8 * 1024 * 1024);
    expect(used).toBe(0);
  });
});

describe('a place in code that was compiled', () => {
  // Line 3 of orders.js is line 42 of orders.ts; in the notation of source maps: three lines, the third one mapped.
  const map = { version: 3, sources: ['orders.ts'], names: [], mappings: ';;AAyCA' };
  const recorder = new URL('stack-recorder.ts', import.meta.url).href;
  const code = [
    `import { readRecordedStack, takeStack } from '${recorder}';`,
    'function createOrder() {',
    'return takeStack(10); }',
    'process.stdout.write(JSON.stringify(readRecordedStack(createOrder()).site));',
    `//# sourceMappingURL=data:application/json;base64,${Buffer.from(JSON.stringify(map)).toString('base64')}`,
  ].join('\n');

  it.each([
    ['its source where Node maps sources', ['--enable-source-maps'], 'orders.ts', 42],
    ['what was compiled elsewhere', [], 'orders.mjs', 3],
  ])('is named as in %s', async (_, flags, name, line) => {
    const directory = mkdtempSync(join(tmpdir(), 'lifeguard-mapped-'));
    try {
      const file = join(directory, 'orders.mjs');
      writeFileSync(file, code);
      expect(await run(file, flags)).toMatchObject({
        file: join(directory, name),
        line,
        functionName: 'createOrder',
      });
    } finally {
      rmSync(directory, { recursive: true });
    }
  });
});
