import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    // Files run side by side; two workers fill the smallest CI machine without starving timing-sensitive tests.
    maxWorkers: 2,
    passWithNoTests: true,
    projects: [
      {
        test: {
          name: 'unit',
          include: ['packages/*/src/**/*.test.ts', 'scripts/**/*.test.ts'],
          exclude: ['**/node_modules/**', '**/*.pg.test.ts'],
        },
      },
      {
        test: {
          name: 'postgres',
          include: ['packages/*/src/**/*.pg.test.ts', 'test/**/*.test.ts', 'examples/*/**/*.test.ts'],
          exclude: ['**/node_modules/**'],
          globalSetup: './test/postgres.setup.ts',
          testTimeout: 20_000,
          hookTimeout: 30_000,
        },
      },
    ],
  },
});
