import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    // Files run side by side; two workers fill the smallest CI machine without starving timing-sensitive tests.
    maxWorkers: 2,
    passWithNoTests: true,
    coverage: {
      provider: 'v8',
      include: ['packages/core/src/**/*.ts'],
      exclude: ['**/*.test.ts', 'packages/core/src/testing/**'],
      reporter: ['text-summary'],
      // Of the state machine, every branch that can be reached is taken by some test; by examples, not by luck.
      thresholds: {
        'packages/core/src/{pool,pool-*,refusals,resolve-pool-options,connect*,acquire-*,waiting-*,tenant-share,hold-estimate,overload-estimator,queue-policy,exhaustion,upkeep,timer-wheel,bounded,bounded-map,lease*,leak-*,site-*,linked-list,holding,await-chain,deadlock-*,nested-acquire,reclaimer,report-limiter,wait-ledger,loop-health,run-scope,session}.ts':
          {
            branches: 100,
            functions: 100,
          },
      },
    },
    projects: [
      {
        test: {
          name: 'unit',
          setupFiles: './scripts/tests.setup.ts',
          include: [
            'packages/*/src/**/*.test.ts',
            'scripts/**/*.test.ts',
            'test/{bench,overload,simulation}/**/*.test.ts',
          ],
          exclude: ['**/node_modules/**', '**/*.pg.test.ts', 'scripts/templates/**'],
          // No test waits for time; a property test of many runs must not fail because the machine is busy.
          testTimeout: 60_000,
        },
      },
      {
        test: {
          name: 'postgres',
          setupFiles: ['./scripts/tests.setup.ts', './test/leaks.setup.ts'],
          include: [
            'packages/*/src/**/*.pg.test.ts',
            'test/**/*.test.ts',
            'examples/kysely-http/**/*.test.ts',
          ],
          exclude: ['**/node_modules/**', 'test/{bench,overload,simulation,faults}/**'],
          globalSetup: ['./test/postgres.setup.ts', './packages/prisma/test/generated.setup.ts'],
          testTimeout: 20_000,
          hookTimeout: 30_000,
        },
      },
      {
        test: {
          name: 'faults',
          setupFiles: './scripts/tests.setup.ts',
          include: ['test/faults/**/*.test.ts'],
          // Each server has its own faults; what is bounded in time is bounded by the verdict of a row.
          testTimeout: 60_000,
          hookTimeout: 60_000,
        },
      },
      {
        test: {
          name: 'templates',
          setupFiles: './scripts/tests.setup.ts',
          include: ['scripts/templates/**/*.test.ts'],
          globalSetup: './scripts/templates/setup.ts',
          // Each installs from the registry, and runs its own tests.
          testTimeout: 300_000,
          hookTimeout: 120_000,
        },
      },
    ],
  },
});
