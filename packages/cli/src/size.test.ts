import { expect, test } from 'vitest';
import { makeWorld } from '../test/run-cli.ts';

test('both sums are shown with their numbers', async () => {
  const { lifeguard } = makeWorld();
  const workers = await lifeguard('size', '--workers', '8', '--per-worker', '2');
  expect(workers.stdout).toContain('= 8 × 2 × (1 + 0.25) → 20\n\nsize 20, maxOverflow 40\n');
  const budget = await lifeguard('size', '--instances', '8', '--backends', '100');
  expect(budget.stdout).toContain('= (100 − 10) × 1 ÷ (8 + 2) → 9\n\nsize 9, maxOverflow 0\n');
});

test('a sum without its numbers, or two at once, end with 64', async () => {
  const { lifeguard } = makeWorld();
  expect((await lifeguard('size', '--workers', '8')).code).toBe(64);
  expect((await lifeguard('size', '--workers', '8', '--backends', '9')).code).toBe(64);
  const none = await lifeguard('size', '--instances', '80', '--backends', '9');
  expect(none.code).toBe(64);
  expect(none.stderr).toContain('LG_INVALID_OPTION');
});

test('a running pool is sized by what is asked of it', async () => {
  const { lifeguard, application } = makeWorld();
  await application({ busy: true });
  const { code, stdout, stderr } = await lifeguard('size', '--watch', '2');
  expect(code).toBe(0);
  expect(stdout).toMatch(/= \d+\.\d × [\d.]+ms → \d\.\d\d\n/);
  expect(stdout).toContain('it is large enough');
  expect(stderr).toMatch(/^watching orders/);
});
