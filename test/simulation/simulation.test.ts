import { afterAll, beforeAll, expect, test } from 'vitest';
import { type RedisServer, startRedisServer } from '../../local/redis/redis-server.ts';
import { POSTGRES_TROUBLES, PRODUCER_TROUBLES, RECEIVER_TROUBLES, TROUBLES } from './plan.ts';
import type { Outcome } from './run.ts';
import { range, runSeeds } from './seeds.ts';

const SEEDS = 300;

let redis: RedisServer;
beforeAll(async () => {
  redis = await startRedisServer();
});
afterAll(() => redis.stop());

async function outcomesOf(seeds: Iterable<number>): Promise<Map<number, Outcome>> {
  const outcomes = new Map<number, Outcome>();
  await runSeeds(redis.socketPath, seeds, (outcome) => {
    outcomes.set(outcome.seed, outcome);
    return true;
  });
  return outcomes;
}

test('one seed is one run, whatever runs beside it', async () => {
  const together = await outcomesOf(range(5_000, 20));
  for (const seed of [5_003, 5_017]) {
    const alone = (await outcomesOf([seed])).get(seed);
    expect(alone?.history()).toEqual(together.get(seed)?.history());
    expect(alone?.history().length).toBeGreaterThan(20);
  }
});

/** What a simulation must come to, or it shows nothing: each as a run's history tells it. */
const SIGHTS: [string, RegExp][] = [
  ...TROUBLES.map((trouble): [string, RegExp] => [`a request is ${trouble}`, new RegExp(trouble)]),
  ...PRODUCER_TROUBLES.map((trouble): [string, RegExp] => [
    `a producer ${trouble}`,
    new RegExp(`producer ${trouble}`),
  ]),
  ...RECEIVER_TROUBLES.map((trouble): [string, RegExp] => [
    `a receiver ${trouble}`,
    new RegExp(`is sent a POST by .*, and ${trouble}$`, 'm'),
  ]),
  // A transaction is sent to none that cannot be reached.
  ...POSTGRES_TROUBLES.slice(1).map((trouble): [string, RegExp] => [
    `PostgreSQL ${trouble}`,
    new RegExp(`is sent a transaction by .*, and ${trouble}$`, 'm'),
  ]),
  ['what was not sent to a receiver is given back', /is sent a POST[\s\S]*settle .* untried/],
  ['PostgreSQL cannot be reached', /PostgreSQL .*cannot be connected to/],
  ['PostgreSQL crashes', /PostgreSQL .*crashes$/m],
  ['PostgreSQL refuses an order', /is sent a transaction[\s\S]*settle .* dead/],
  ['a process crashes', /crashes: at an await/],
  ['a process freezes', /freezes for/],
  ['a clock jumps', /its clock jumps/],
  ['a drain finds its slot busy', /"kind":"busy"/],
  ['a lock expires', /the lock of slot \d expires/],
  ['a lock is extended', /extend-lock .* → \[1\]/],
  ['a lease is extended', /extend of token .*→ \[1/],
  ['a settle is stale', /settle of token .*→ \[(?:\d,)*0/],
  ['an order is given back untried', /untried/],
  ['an order is suspect, and claimed again', /\(attempt 2\)/],
  ['an order dies in a claim', /claim .*dead: key/],
  ['an order is rejected', /settle .* dead/],
  ['an order is canceled', /cancel .*\["canceled"\]/],
  ['an order is canceled too late', /cancel .*\["refused"/],
  ['an order is redriven', /redrive .* → \[1/],
  ['an order is scheduled', /"status":"scheduled"/],
  ['a key is used again', /"kind":"key-reused"/],
  ['a repeat is answered', /"kind":"replayed"/],
  ['a hash is lost', /loses the hash/],
  ['a fencing token is lost', /loses the last fencing token/],
];

test('the seeds come to everything that they are to show', async () => {
  const outcomes = await outcomesOf(range(1, SEEDS));
  const told = [...outcomes.values()].map(({ history }) => history().join('\n'));
  const unseen = SIGHTS.filter(([, sight]) => !told.some((text) => sight.test(text)));
  expect(unseen.map(([what]) => what)).toEqual([]);
}, 300_000);
