import { describe, expect, test } from 'vitest';
import type { Clock } from '../../lib/clock.ts';
import type { Producer } from '../../lib/producers/producer.ts';
import { runDrain } from '../support/drains.ts';
import { NOW_MS, submitOrders } from '../support/orders.ts';
import { steppedClock } from '../support/stepped-clock.ts';
import { freshStore, readOrder, type TestStore } from '../support/store.ts';
import { type ClaimedBatch, claimOrders } from './claimed.ts';

/** The downstream system a producer, new and empty for each test, and how it can be made to fail. */
export interface SystemBehind extends AsyncDisposable {
  /** A producer as a cold start makes it; several share the system. */
  createProducer(clock: Clock): Producer;
  /** How often an order took effect. */
  effectsOf(id: string): number | Promise<number>;
  /** From now on the system cannot take this order, and takes its neighbours. */
  refuse?(id: string): void | Promise<void>;
  /** From now on the system answers nothing; settles once it was asked something. */
  hang?(): Promise<unknown>;
  /** The system does what it is asked next, and the answer is lost. */
  loseNextAnswer?(): void | Promise<void>;
  /** The fencing token with which an order took effect, where the system keeps it. */
  tokenOf?(id: string): number | undefined | Promise<number | undefined>;
}

/** What a system cannot be made to do; its tests are then left out. */
export type Ability = 'refuse' | 'hang' | 'loseNextAnswer' | 'tokenOf';

const ORDERS = 5;
/** Past the lease of a claim. */
const LATER_MS = 600_000;

interface Scene {
  readonly store: TestStore;
  readonly system: SystemBehind;
  readonly ids: readonly string[];
}

/**
 * Declares the tests that every producer passes: what an order takes effect in is asked for by
 * `effectsOf` alone, so a producer may work as it likes.
 *
 * @param start  brings up what is behind the producer; called once for each test
 * @param lacks  what this system cannot be made to do
 */
export function conformanceOf(
  name: string,
  start: (store: TestStore) => Promise<SystemBehind>,
  { lacks = [] }: { lacks?: readonly Ability[] } = {},
): void {
  const scene = (behaves: (scene: Scene) => Promise<void>) => async () => {
    const store = freshStore();
    const ids = await submitOrders(store, ORDERS);
    await using system = await start(store);
    await behaves({ store, system, ids });
  };

  describe(`the producer ${name}`, () => {
    test('answers for each order, and each takes effect once', scene(answersAll));
    test('gives an order that it is handed again no second effect', scene(takesRepeats));
    test('gives orders that two drains hand it at once one effect', scene(takesTwoAtOnce));
    test('does nothing anew for a drain that was killed after the effect', scene(outlivesKills));
    test('begins nothing once its signal has fired', scene(beginsNothingLate));
    if (!lacks.includes('refuse')) {
      test('produces the neighbours of an order that cannot be', scene(sparesNeighbours));
    }
    if (!lacks.includes('hang')) {
      test('returns when its signal fires, whatever it waits for', scene(obeysTheSignal));
    }
    if (!lacks.includes('loseNextAnswer')) {
      test('doubles nothing where the answer to an effect is lost', scene(outlivesLostAnswers));
    }
    if (!lacks.includes('tokenOf')) {
      test('lets a frozen drain with an older token change nothing', scene(refusesOlderTokens));
    }
  });
}

function quiet(): AbortSignal {
  return new AbortController().signal;
}

/** Claims all orders as a drain does at this time, those whose lease has ended too. */
async function claimAll({ store }: Scene, nowMs: number): Promise<ClaimedBatch> {
  const batch = await claimOrders(store, nowMs);
  expect(batch.orders).toHaveLength(ORDERS);
  return batch;
}

/** Has claims produced and settles nothing, as a drain that is killed after that. */
async function produceOnly(
  { system }: Scene,
  claims: readonly ClaimedBatch[],
  nowMs: number,
  signal = quiet(),
) {
  const producer = system.createProducer(steppedClock(nowMs));
  for (const { orders, token } of claims) {
    // A producer may also throw: its orders are then retried.
    await producer(orders, { token, signal, deadlineMs: nowMs + 60_000 }).catch(() => undefined);
  }
}

/** Drains by a producer of its own until no order is left, each time a while later. */
async function drainLater({ store, system }: Scene, fromMs: number): Promise<void> {
  for (let round = 1; round <= 10; round += 1) {
    // Past every lease and every pause before a retry.
    const clock = steppedClock(fromMs + round * 2_000_000);
    const producer = system.createProducer(clock);
    const { claimed } = await runDrain(store, { producer, clock, limits: { attemptsMax: 50 } });
    if (claimed === 0) return;
  }
}

async function expectOneEffectEach({ store, system, ids }: Scene, but?: string): Promise<void> {
  for (const id of ids.filter((each) => each !== but)) {
    expect(await readOrder(store, id, NOW_MS), id).toMatchObject({ status: 'produced' });
    expect(await system.effectsOf(id), id).toBe(1);
  }
}

async function answersAll(scene: Scene): Promise<void> {
  const { store, system } = scene;
  const clock = steppedClock(NOW_MS + 1_000);
  const producer: Producer = async (orders, context) => {
    const answers = await system.createProducer(clock)(orders, context);
    expect([...answers.keys()].sort()).toEqual(orders.map(({ id }) => id).sort());
    return answers;
  };
  expect(await runDrain(store, { producer, clock })).toMatchObject({ produced: ORDERS });
  await expectOneEffectEach(scene);
}

async function takesRepeats(scene: Scene): Promise<void> {
  const claim = await claimAll(scene, NOW_MS);
  await produceOnly(scene, [claim, claim], NOW_MS);
  await drainLater(scene, NOW_MS);
  await expectOneEffectEach(scene);
}

async function takesTwoAtOnce(scene: Scene): Promise<void> {
  const first = await claimAll(scene, NOW_MS);
  const second = await claimAll(scene, NOW_MS + LATER_MS);
  await Promise.all([first, second].map((claim) => produceOnly(scene, [claim], NOW_MS + LATER_MS)));
  await drainLater(scene, NOW_MS + LATER_MS);
  await expectOneEffectEach(scene);
}

async function outlivesKills(scene: Scene): Promise<void> {
  for (const kill of [1, 2, 3]) {
    const nowMs = NOW_MS + kill * LATER_MS;
    const { token, orders } = await claimAll(scene, nowMs);
    await produceOnly(scene, [{ token, orders: orders.slice(0, kill) }], nowMs);
  }
  await drainLater(scene, NOW_MS + 4 * LATER_MS);
  await expectOneEffectEach(scene);
}

async function beginsNothingLate(scene: Scene): Promise<void> {
  const claim = await claimAll(scene, NOW_MS);
  await produceOnly(scene, [claim], NOW_MS, AbortSignal.abort());
  for (const id of scene.ids) expect(await scene.system.effectsOf(id), id).toBe(0);
  await drainLater(scene, NOW_MS);
  await expectOneEffectEach(scene);
}

async function sparesNeighbours(scene: Scene): Promise<void> {
  const { store, system, ids } = scene;
  const bad = ids[2] as string;
  await system.refuse?.(bad);
  const clock = steppedClock(NOW_MS + 1_000);
  await runDrain(store, { producer: system.createProducer(clock), clock });
  await expectOneEffectEach(scene, bad);
  expect(await system.effectsOf(bad)).toBe(0);
  expect(await readOrder(store, bad, NOW_MS)).toMatchObject({
    attempts: 1,
    lastError: { reason: expect.stringMatching(/./) },
  });
}

/** A producer that does not return makes the test run out of its time. */
async function obeysTheSignal(scene: Scene): Promise<void> {
  const { store, system } = scene;
  const asked = system.hang?.();
  const lost = new AbortController();
  const { orders, token } = await claimOrders(store, NOW_MS + 1_000);
  const producer = system.createProducer(steppedClock(NOW_MS));
  const context = { token, signal: lost.signal, deadlineMs: NOW_MS + 60_000 };
  const producing = producer(orders, context).catch(() => new Map());
  await asked;
  lost.abort();
  const kinds = [...(await producing).values()].map(({ kind }) => kind);
  expect(kinds).not.toContain('produced');
  expect(kinds).not.toContain('rejected');
}

async function outlivesLostAnswers(scene: Scene): Promise<void> {
  const { store, system } = scene;
  await system.loseNextAnswer?.();
  const clock = steppedClock(NOW_MS + 1_000);
  const report = await runDrain(store, { producer: system.createProducer(clock), clock });
  expect(report.dead).toBe(0);
  await drainLater(scene, NOW_MS);
  await expectOneEffectEach(scene);
}

async function refusesOlderTokens(scene: Scene): Promise<void> {
  const { system, ids } = scene;
  const frozen = await claimAll(scene, NOW_MS);
  const newer = await claimAll(scene, NOW_MS + LATER_MS);
  await produceOnly(scene, [newer, frozen], NOW_MS + LATER_MS);
  for (const id of ids) {
    expect(await system.effectsOf(id), id).toBe(1);
    expect(await system.tokenOf?.(id), id).toBe(newer.token);
  }
  await drainLater(scene, NOW_MS + LATER_MS);
  await expectOneEffectEach(scene);
}
