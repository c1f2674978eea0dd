import { afterAll, expect, test } from 'vitest';
import { startStack } from '../support/stack.ts';
import { announceScenario } from './announce-scenario.ts';
import { drainScenarios } from './drain-scenarios.ts';
import { dieTwice } from './lives.ts';
import { cancelScenario, submitScenarios } from './submit-scenarios.ts';

const stack = await startStack();
afterAll(stack.stop);

test.for(drainScenarios(stack))(
  '$name, of which two die one after the other at any moments, loses no order and doubles none',
  { timeout: 120_000 },
  async (scenario) => {
    // Lock, claim, settle and release: less would not be a drain.
    expect(await dieTwice(scenario)).toBeGreaterThanOrEqual(4 * 4);
  },
);

test('submits and cancels of which two die one after the other leave what the third can complete', async () => {
  for (const scenario of submitScenarios(stack))
    expect(await dieTwice(scenario)).toBeGreaterThan(0);
  expect(await dieTwice(cancelScenario(stack))).toBeGreaterThan(0);
});

test('announcers of which two die one after the other miss no event', async () => {
  expect(await dieTwice(announceScenario(stack))).toBeGreaterThan(0);
});
