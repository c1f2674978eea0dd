import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  designsFor,
  IDLE_NOTED,
  MEMORY_MB,
  sluiceCommands,
  totalOf,
} from '../../cli/cost/designs.ts';
import measured from '../../cli/cost/measured.json' with { type: 'json' };
import {
  dollarsFor,
  LOOKED_UP_ON,
  PRICES,
  UPSTASH_PLANS,
  upstashPlan,
} from '../../cli/cost/prices.ts';
import type { Workload } from '../../cli/cost/workload.ts';
import { functionOf } from '../support/deployed.ts';
import { sourceFiles } from '../support/source-files.ts';
import { start } from './command.ts';

function workload(overrides: Partial<Workload> = {}): Workload {
  return {
    orders: 100_000,
    batch: 1,
    hours: 730,
    slots: 1,
    retentionDays: 30,
    isAnnounced: false,
    isLimited: false,
    hasStock: false,
    readRegions: 0,
    orderBytes: 1_000,
    ...overrides,
  };
}

const workloads = fc.record({
  orders: fc.integer({ min: 0, max: 50_000_000 }),
  batch: fc.integer({ min: 1, max: 500 }),
  hours: fc.integer({ min: 1, max: 730 }),
  slots: fc.integer({ min: 1, max: 20 }),
  retentionDays: fc.integer({ min: 1, max: 400 }),
  isAnnounced: fc.boolean(),
  isLimited: fc.boolean(),
  hasStock: fc.boolean(),
  readRegions: fc.integer({ min: 0, max: 5 }),
  orderBytes: fc.integer({ min: 1, max: 100_000 }),
});

test('more orders never cost less, whoever takes them', () => {
  fc.assert(
    fc.property(workloads, fc.nat(1_000_000), fc.boolean(), (one, more, isFreeTier) => {
      const fewer = designsFor(one, isFreeTier);
      const many = designsFor({ ...one, orders: one.orders + more }, isFreeTier);
      for (const [at, { dollars }] of fewer.entries()) {
        expect(many[at]?.dollars).toBeGreaterThanOrEqual(dollars - 1e-6);
      }
    }),
  );
});

test('a free tier never makes anything dearer, nor events, a limit or stock anything cheaper', () => {
  fc.assert(
    fc.property(workloads, (one) => {
      const [free = [], paid = []] = [true, false].map((isFree) => designsFor(one, isFree));
      for (const [at, { dollars }] of free.entries()) {
        expect(dollars).toBeLessThanOrEqual(paid[at]?.dollars ?? -1);
      }
      const [bare, full] = [false, true].map((isOn) =>
        totalOf(sluiceCommands({ ...one, isAnnounced: isOn, isLimited: isOn, hasStock: isOn })),
      );
      expect(full).toBeGreaterThanOrEqual(bare ?? Number.NaN);
    }),
  );
});

test('full batches cost what was measured of one', () => {
  // 100 in each minute of the month, so that each drain finds one batch.
  const orders = 100 * 43_800;
  const { submitToEmptyQueue, submitOfOne, submitOfHundred, drainOfHundred } = measured.sluice;
  const toEmptyQueue = submitToEmptyQueue - submitOfOne;
  const { submits, drains, idleDrains } = sluiceCommands(workload({ orders }));
  expect((submits + drains) / orders).toBeCloseTo(
    submitOfOne + (toEmptyQueue + drainOfHundred) / 100,
    5,
  );
  expect(idleDrains).toBe(0);
  const batched = sluiceCommands(workload({ orders, batch: 100 }));
  expect((batched.submits + batched.drains) / orders).toBeCloseTo(
    (submitOfHundred + toEmptyQueue + drainOfHundred) / 100,
    5,
  );
});

test('a month without orders costs the drains that find nothing, and the secret', () => {
  const commands = sluiceCommands(workload({ orders: 0 }));
  expect(totalOf(commands)).toBeCloseTo(43_800 * (measured.sluice.drainOfNone + IDLE_NOTED));
  const threeSlots = sluiceCommands(workload({ orders: 0, slots: 3 }));
  expect(totalOf(threeSlots)).toBeCloseTo(3 * totalOf(commands));
  const [sluice] = designsFor(workload({ orders: 0 }), true);
  const paid = sluice?.items.filter(({ dollars }) => dollars > 0).map(({ name }) => name);
  expect(paid).toEqual(['metrics', 'secrets', 'secretReads']);
});

test.each([
  [{ commands: 500_000, storageGb: 0.256 }, 'free', 0],
  [{ commands: 500_001, storageGb: 0.1 }, 'pay as you go', 1.000002],
  [{ commands: 100_000, storageGb: 0.257 }, 'pay as you go', 0.2],
  [{ commands: 5_000_000, storageGb: 0.25 }, 'fixed 250 MB', 10],
  [{ commands: 5_000_000, storageGb: 0.26 }, 'pay as you go', 10],
  [{ commands: 20_000_000, storageGb: 0.9 }, 'fixed 1 GB', 20],
  [{ commands: 20_000_000, storageGb: 3 }, 'pay as you go', 40.5],
  [{ commands: 1_000_000_000, storageGb: 3 }, 'fixed 5 GB', 100],
] as const)('for %j the cheapest Upstash plan is %s, at %d dollars', (use, plan, dollars) => {
  const found = upstashPlan({ ...use, readRegions: 0 }, true);
  expect(found.dollars).toBeCloseTo(dollars, 6);
  if (use.commands !== 5_000_000 || use.storageGb !== 0.25) expect(found.plan).toBe(plan);
});

test('a read region is paid for with every write, or as a plan has it, and is not free', () => {
  const use = { commands: 400_000, storageGb: 0.1, readRegions: 2 };
  expect(upstashPlan(use, true)).toEqual({ plan: 'pay as you go', dollars: 2.4 });
  const many = { commands: 100_000_000, storageGb: 0.9, readRegions: 2 };
  expect(upstashPlan(many, true)).toEqual({ plan: 'fixed 1 GB', dollars: 40 });
  expect(UPSTASH_PLANS['fixed 1 GB'].regionDollars).toBe(10);
});

test('every design has the cheaper plan, BullMQ included', () => {
  const designs = designsFor(workload({ orders: 5_000_000, retentionDays: 1 }), true);
  expect(designs.map(({ plan }) => plan)).toEqual(['fixed 250 MB', undefined, 'fixed 250 MB']);
});

test.each(Object.entries(PRICES))(
  '%s is free up to what is free, and not past it',
  (name, price) => {
    const key = name as keyof typeof PRICES;
    expect(dollarsFor(key, price.free, true)).toBe(0);
    expect(dollarsFor(key, price.free + price.per, true)).toBeCloseTo(price.dollars, 12);
    expect(dollarsFor(key, price.per, false)).toBeCloseTo(price.dollars, 12);
    expect(price.source).toMatch(/^https:\/\/(upstash|aws\.amazon)\.com\//);
    expect(price.asOf).toMatch(/^20\d\d-\d\d-\d\d$/);
    expect(price.asOf <= LOOKED_UP_ON).toBe(true);
  },
);

test('SQS with DynamoDB is counted by hand at its best', () => {
  const [, sqs] = designsFor(workload({ orders: 1_000_000, batch: 10, hours: 10 }), false);
  const units = Object.fromEntries(sqs?.items.map(({ name, units }) => [name, units]) ?? []);
  expect(units).toMatchObject({
    // A send of ten, a receive and a delete of ten, and the polls of an idle month.
    sqsRequests: 100_000 + 2 * 100_000 + 43_800 * 15,
    dynamoWrites: 2_000_000,
    apiRequests: 100_000,
  });
});

test('BullMQ is counted by what it was measured at', () => {
  const [, , bullmq] = designsFor(workload({ orders: 1_000 }), false);
  const { units } = bullmq?.items.find(({ name }) => name === 'upstashCommands') ?? {};
  const { lifeOfOne, idleMinute } = measured.bullmq;
  expect(units).toBeCloseTo(1_000 * lifeOfOne + 43_800 * idleMinute, 6);
});

test('functions have the memory that is paid for', () => {
  for (const [name, memoryMb] of Object.entries(MEMORY_MB)) {
    expect(functionOf(name).memoryMb, name).toBe(memoryMb);
  }
});

test('no price stands anywhere but in its file', () => {
  const others = sourceFiles(['cli', 'local', 'bench', 'lib'], '.ts').filter(
    ({ path }) => path !== 'cli/cost/prices.ts',
  );
  const figures = /0\.0000133|0\.2 ?\/ ?100_000|0\.625|dollars: ?\d/;
  expect(others.filter(({ text }) => figures.test(text)).map(({ path }) => path)).toEqual([]);
});

test.each([
  ['--orders', '1000000'],
  ['--orders', '999999999', '--no-free-tier', '--events', '--rate-limit', '--read-regions', '2'],
  ['--orders', '1'],
])('cost %s %s fits a terminal', async (...flags) => {
  const { exitCode, out, err } = await start(['cost', ...flags], {}).ended;
  expect({ exitCode, err }).toEqual({ exitCode: 0, err: '' });
  expect(out.split('\n').filter((line) => line.length > 80)).toEqual([]);
  expect(out).toMatch(/^together +\S+ +\S+ +\S+$/m);
  // No figure runs into the one beside it.
  expect(out).not.toMatch(/\.\d{3,}/);
});

test('the JSON has every figure, and every price with its source', async () => {
  const { exitCode, out } = await start(['cost', '--orders', '5000', '--json'], {}).ended;
  expect(exitCode).toBe(0);
  const { designs, commands, prices, pricesLookedUpOn } = JSON.parse(out);
  // One every nine minutes: each meets an empty queue.
  expect(commands.submits).toBe(5_000 * measured.sluice.submitToEmptyQueue);
  expect(designs.map(({ name }: { name: string }) => name)).toEqual([
    'Sluice',
    'SQS + DynamoDB',
    'BullMQ on Upstash',
  ]);
  expect(prices.upstashCommands).toEqual(PRICES.upstashCommands);
  expect(pricesLookedUpOn).toBe(LOOKED_UP_ON);
});

test.each([[[]], [['--orders', '0']], [['--orders', '5', '--batch', '501']]])(
  'cost %j is told to be wrong',
  async (flags) => {
    const { exitCode, out } = await start(['cost', ...flags], {}).ended;
    expect({ exitCode, out }).toEqual({ exitCode: 2, out: '' });
  },
);
