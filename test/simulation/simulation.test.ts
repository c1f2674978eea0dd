import { afterAll, beforeAll, expect, test } from 'vitest';
import { type RedisServer, startRedisServer } from '../../local/redis/redis-server.ts';
import { IS_LONG } from '../support/long.ts';
import { PRODUCER_TROUBLES, TROUBLES } from './plan.ts';
import type { Outcome } from './run.ts';
import { range, runSeeds } from './seeds.ts';

const SEEDS = IS_LONG ? 20_000 : 500;
/** So many tell what there is to know; more would only be longer to read. */
const FAILURES_MAX = 3;

let redis: RedisServer;
beforeAll(async () => {
  redis = await startRedisServer();
});
afterAll(() => redis.stop());

const TORN = [
  ...['submit', 'claim', 'settle', 'cancel', 'redrive', 'extend', 'replace', 'erase', 'forget'],
  ...['set-stock', 'untrack-stock'],
];

/** What a simulation must come to, or it shows nothing: each as a run's history tells it. */
const SIGHTS = new Map<string, RegExp>([
  ...TROUBLES.map((trouble): [string, RegExp] => [`a request is ${trouble}`, new RegExp(trouble)]),
  ...PRODUCER_TROUBLES.map((trouble): [string, RegExp] => [
    `a producer ${trouble}`,
    new RegExp(`producer ${trouble}`),
  ]),
  ...TORN.map((name): [string, RegExp] => [`${name} is torn`, new RegExp(`${name} [^\n]* → ERR`)]),
  ['a process crashes', /crashes: at an await/],
  ['an order kills its drain', /crashes: at the order that kills/],
  ['a hostile client’s order kills its drain', /hostile-\d[\s\S]*crashes: at the order that kills/],
  ['a receiver lies', /It has the order and says otherwise/],
  ['a process freezes', /freezes for/],
  ['a clock jumps', /its clock jumps/],
  ['a drain finds its slot busy', /"kind":"busy"/],
  ['a lock expires', /the lock of slot \d expires/],
  ['a lock is extended', /extend-lock .* → \[1\]/],
  ['a lease is extended', /extend .*→ \[1/],
  ['a settle is stale', /settle at .*→ \[(?:\d,)*0/],
  ['an order is given back untried', /settle at .* pending \d{1,9} by/],
  ['an order is tried alone', /claim 1 .* !\S+ → \[[1-9]/],
  ['an order is rejected', /settle .* dead/],
  ['an order is canceled', /cancel .*\["canceled"\]/],
  ['a dead order is canceled', /"status":"dead"[^\n]*"status":"canceled"[^\n]*\["canceled"\]/],
  ['an order is redriven', /redrive .* → \[1/],
  ['an order is scheduled', /"status":"scheduled"/],
  ['a key is used again', /"kind":"key-reused"/],
  ['a repeat is answered', /"kind":"replayed"/],
  ['an order is stranded and restored', /restore .* → \["stranded"\]/],
  ['an order is refused for stock', /submit of .*→ [^\n]*"out \d/],
  ['one wants more than its customer may have', /submit of .*→ [^\n]*"over \d/],
  [
    'an order is refused from memory',
    /→ null[^\n]*\n[^\n]*answers its client: {"kind":"out-of-stock"/,
  ],
  ['reserved units are sold', /"sold":\[\[/],
  ['an order that has units is canceled', /cancel .* \d+ \w{12} (?:\w{12})? → \["canceled"\]/],
  ['a change of stock is repeated', /set-stock.*\n[^\n]*set-stock/],
  ['a change of stock arrives after its SKU was untracked', /set-stock .* → \["untracked"/],
  ['a SKU is untracked', /untrack-stock .* → \[1\]/],
  ['an order is replaced', /replace .* → \["replaced"\]/],
  ['a canceled order is replaced', /replace .*"status":"canceled".*→ \["replaced"\]/],
  ['an order is replaced too late', /replace .* → \["(?:producing|changed)"\]/],
  ['a replacement is refused for stock', /replace .* → \["out \d/],
  ['a key of a replaced content is used again', /"kind":"replaced"/],
  ['a key of an erased order is used again', /"kind":"erased"/],
  ...['waiting', 'leaving', 'dead', 'produced', 'canceled'].map((was): [string, RegExp] => [
    `an order is erased that was ${was}`,
    new RegExp(`erase .* ${was} !\\S+ .*→ \\["erased"\\]`),
  ]),
  ['an erasure fails downstream', /settle at .* pending \d{10,} by \S+ (?:,|→)/],
  ['upkeep puts stock right', /repair-stock [^\n]* 1 → \[1\]/],
  ['orders of several clients are claimed', /claim .*",(?:1,\d+,"[^"]+",2|2,\d+,"[^"]+",1),/],
]);

test('whatever befalls them, each order is in exactly one place after every step, and ends once', async () => {
  const failures: string[] = [];
  const unseen = new Map(SIGHTS);
  await runSeeds(redis.socketPath, range(1, SEEDS), ({ failure, history }) => {
    if (failure !== undefined) failures.push(failure);
    const told = unseen.size > 0 ? history().join('\n') : '';
    for (const [what, sight] of unseen) if (sight.test(told)) unseen.delete(what);
    return failures.length < FAILURES_MAX;
  });
  expect(failures).toEqual([]);
  expect([...unseen.keys()]).toEqual([]);
}, 3_600_000);

test('one seed is one run, whatever runs beside it', async () => {
  const outcomesOf = async (seeds: Iterable<number>) => {
    const outcomes = new Map<number, Outcome>();
    await runSeeds(redis.socketPath, seeds, (one) => Boolean(outcomes.set(one.seed, one)));
    return outcomes;
  };
  const told = (outcome: Outcome | undefined) => outcome?.history();
  const together = await outcomesOf(range(5_000, 20));
  for (const seed of [5_003, 5_017]) {
    const alone = told((await outcomesOf([seed])).get(seed));
    expect(alone).toEqual(told(together.get(seed)));
    expect(alone?.length).toBeGreaterThan(20);
  }
}, 60_000);
