import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    setupFiles: ['test/support/quiet-functions.ts'],
    globalSetup: ['test/support/redis-stack.ts', 'test/support/postgres-on-demand.ts'],
    // Many tests wait for a process that they start or kill, so one more than there are cores.
    maxWorkers: availableParallelism() + 1,
    testTimeout: 30_000,
    hookTimeout: 60_000,
  },
});
