import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';

/** The rigs: what takes longer than a contributor waits for. `npm run proof` runs them. */
const PROOF = [
  'test/console/browser/**/*.test.ts',
  'test/{chaos,crash,simulation}/**/*.test.ts',
  'test/deploy/{deployed,first-deployment,handler-permissions,rehearsal,role}*.test.ts',
  'test/e2e/{package,setup,start,upstash}*.test.ts',
  'test/store/torn*.test.ts',
];

const shared = {
  setupFiles: ['test/support/quiet-functions.ts'],
  globalSetup: ['test/support/redis-stack.ts', 'test/support/postgres-on-demand.ts'],
  testTimeout: 60_000,
  hookTimeout: 60_000,
};

export default defineConfig({
  test: {
    // Many tests wait for a process that they start or kill, so one more than there are cores.
    maxWorkers: availableParallelism() + 1,
    projects: [
      {
        test: { ...shared, name: 'unit', include: ['test/**/*.test.ts'], exclude: PROOF },
      },
      { test: { ...shared, name: 'proof', include: PROOF } },
    ],
  },
});
