import { availableParallelism } from 'node:os';
import path from 'node:path';
import { defineConfig } from 'vitest/config';

// Hundreds of tests start a process of the same modules, which are compiled once.
process.env.NODE_COMPILE_CACHE ??= path.resolve('node_modules/.cache/compiled');

/** The rigs: what takes longer than a contributor waits for. `npm run proof` runs them. */
const PROOF = [
  'test/console/browser/**/*.test.ts',
  'test/{chaos,crash,e2e,simulation}/**/*.test.ts',
  'test/cli/doctor/{conformance,sizes}.test.ts',
  'test/cost/upkeep-budget.test.ts',
  'test/deploy/{archives,deployed,first-deployment,role,setup,template}.test.ts',
  'test/drain/{alone,fairness,flood,kill}.test.ts',
  'test/local/{redis-server,upstash-command}.test.ts',
  'test/maintenance/{failover,flow,losses}.test.ts',
  'test/producers/{postgres,webhook}-conformance.test.ts',
  'test/secrets/storm.test.ts',
  'test/store/{list-drop,scripts,torn*}.test.ts',
];

const shared = {
  setupFiles: ['test/support/each-file.ts'],
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
        test: {
          ...shared,
          name: 'unit',
          include: ['test/**/*.test.ts'],
          exclude: PROOF,
          isolate: false,
        },
      },
      { test: { ...shared, name: 'proof', include: PROOF } },
    ],
  },
});
