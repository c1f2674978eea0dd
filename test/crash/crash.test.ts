import { afterAll, expect, test } from 'vitest';
import { IS_LONG } from '../support/long.ts';
import { startStack } from '../support/stack.ts';
import { drainScenarios } from './drain-scenarios.ts';
import { dieOnce, dieTwice, type Scenario } from './lives.ts';
import { announceScenario, cancelScenario, redriveScenario } from './other-scenarios.ts';
import { submitScenarios } from './submit-scenarios.ts';

const stack = await startStack();
afterAll(stack.stop);

/** Each kind of process, with what it surely waits for: where that is missing, other deaths are too. */
const KINDS: [string, Scenario<unknown>[], string[]][] = [
  [
    'a drain that dies at any moment loses no order, doubles none, and charges no more than an attempt',
    drainScenarios(stack) as Scenario<unknown>[],
    [
      ...['drain.lock', 'drain.lock.release', 'redis.once().pipeline.exec', 'downstream'],
      ...['redis.repeatedly().evalsha', 'redis.repeatedly().zrange', 'drain.producer'],
    ],
  ],
  [
    'a submit that dies at any moment leaves all of an order or nothing, and its repeat makes no second',
    submitScenarios(stack) as Scenario<unknown>[],
    ['redis.repeatedly().evalsha', 'redis.repeatedly().eval'],
  ],
  [
    'a cancel that dies at any moment has canceled or has not, and its repeat tells',
    [cancelScenario(stack)] as Scenario<unknown>[],
    ['redis.repeatedly().evalsha'],
  ],
  [
    'a redrive that dies at any moment has put all orders back or none, and its repeat does it once',
    [redriveScenario(stack)] as Scenario<unknown>[],
    ['redis.repeatedly().evalsha'],
  ],
  [
    'an announcer that dies at any moment misses no event, and sets none aside twice',
    [announceScenario(stack)] as Scenario<unknown>[],
    ['announcer.send', 'redis.repeatedly().lrange', 'redis.repeatedly().evalsha'],
  ],
];

test.for(KINDS)('%s', { timeout: 300_000 }, async ([, scenarios, known]) => {
  const deaths = new Set<string>();
  for (const scenario of scenarios) {
    for (const death of await dieOnce(scenario)) deaths.add(death);
  }
  expect([...deaths]).toEqual(expect.arrayContaining(known));
});

if (IS_LONG) {
  test.for(KINDS)('twice: %s', { timeout: 1_800_000 }, async ([, scenarios]) => {
    for (const scenario of scenarios) expect(await dieTwice(scenario)).toBeGreaterThan(0);
  });
}
