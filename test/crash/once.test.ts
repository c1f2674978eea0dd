import { afterAll, expect, test } from 'vitest';
import { startStack } from '../support/stack.ts';
import { announceScenario } from './announce-scenario.ts';
import { drainScenarios } from './drain-scenarios.ts';
import { dieOnce } from './lives.ts';
import { cancelScenario, submitScenarios } from './submit-scenarios.ts';

const stack = await startStack();
afterAll(stack.stop);

/** What surely is waited for: where one of them is not among the deaths, others are missing too. */
const KNOWN_OF_DRAIN = [
  'drain.lock',
  'drain.store.claim',
  'redis.once().evalsha',
  'drain.store.settle',
  'redis.repeatedly().evalsha',
  'drain.lock.release',
];
const KNOWN_OF_ANY_DRAIN = [
  'drain.producer',
  'behind',
  'drain.store.extend',
  'drain.store.ready',
  'redis.repeatedly().eval',
];

test('a drain of whatever kind that dies at any moment loses no order, doubles none, and charges no more than an attempt', async () => {
  const deathsOfAny = new Set<string>();
  for (const scenario of drainScenarios(stack)) {
    const deaths = await dieOnce(scenario);
    expect(deaths).toEqual(expect.arrayContaining(KNOWN_OF_DRAIN));
    for (const death of deaths) deathsOfAny.add(death);
  }
  expect([...deathsOfAny]).toEqual(expect.arrayContaining(KNOWN_OF_ANY_DRAIN));
}, 120_000);

test.for(submitScenarios(stack))(
  '$name, which dies at any moment, leaves all of an order or nothing, and its repeat makes no second',
  async (scenario) => {
    const deaths = await dieOnce(scenario);
    expect(deaths).toEqual(
      expect.arrayContaining(['intake.store.submit', 'redis.repeatedly().evalsha']),
    );
  },
);

test('a cancel that dies at any moment has canceled or has not, and its repeat tells', async () => {
  expect(await dieOnce(cancelScenario(stack))).toEqual(expect.arrayContaining(['store.cancel']));
});

test('an announcer that dies at any moment misses no event, and sets none aside twice', async () => {
  const deaths = await dieOnce(announceScenario(stack));
  expect(deaths).toEqual(
    expect.arrayContaining(['announcer.send', 'announcer.store.oldest', 'announcer.store.takeOut']),
  );
});
