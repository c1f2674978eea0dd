import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { aloneOf } from '../../lib/store/claim.ts';
import { startUpstashServer } from '../../local/upstash/server.ts';
import { chanceFrom } from '../support/chance.ts';
import { faultyProxy } from '../support/faulty-proxy.ts';
import { functionEnvironment } from '../support/functions.ts';
import { storeWith, type TestStore } from '../support/store.ts';
import { type Account, accountFor, type Books, historyOf } from './account.ts';
import { startBehind } from './behind/behind.ts';
import type { Invocation } from './drain-process.ts';
import { startDrains } from './drains.ts';
import { killer, plannedKills } from './killer.ts';
import { ORDERS_PER_POISON } from './order-plan.ts';
import { pauseNowAndThen, type StopPausing } from './pauses.ts';
import { startLastingRedis } from './redis.ts';
import { putStockIn } from './stock.ts';
import { ACKNOWLEDGED, type Clients, submitAll } from './submitters.ts';

export const PRODUCER_NAMES = ['order-numbers', 'webhook', 'postgres'] as const;
export type ProducerName = (typeof PRODUCER_NAMES)[number];

export interface ChaosOptions {
  readonly orders: number;
  readonly kills: number;
  readonly seed: number;
  readonly producer: ProducerName;
}

export interface ChaosReport extends Account, Omit<Clients, 'acknowledged'> {
  readonly acknowledged: number;
  readonly kills: Deaths;
  /** Deaths that were no kill of this run: of poison, or from outside. */
  readonly otherDeaths: Deaths;
  /** Requests that were lost or doubled although nothing was killed. */
  readonly networkFaults: number;
  /** How often the downstream system failed although nothing was killed. */
  readonly faultsBehind: number;
  readonly seconds: number;
  /** All that is known of the first orders that are not as they must be. */
  readonly histories: readonly string[];
}

/** Of drain processes, of redis-server, and of the server behind, where there is one. */
interface Deaths {
  readonly drain: number;
  readonly redis: number;
  readonly behind: number;
}

const DRAINS = 3;
const SUBMITTERS = 12;
const ATTEMPTS_MAX = 10;
const SETTINGS = {
  SLUICE_PREFIX: '',
  SLUICE_LEASE_MS: '3000',
  SLUICE_ATTEMPTS_MAX: String(ATTEMPTS_MAX),
  SLUICE_QUEUE_MAX: '1500000',
  SLUICE_STOCK: 'on',
};
const BATCH_SIZE_MAX = 50;
/** A small run has smaller batches, and so more of them to go wrong. */
const BATCHES_MIN = 50;
/** A drain settles 6 s before its time is up and claims until 2 s before that: these often run out. */
const DRAIN_MS = 8_100;
/** How far the clock is put forward between two drains at the end: no lease, no delay is longer. */
const STEP_MS = 20 * 60_000;
/** How long the queue may stay as it is before the end begins all the same. */
const PATIENCE_MS = 10_000;
const HISTORIES_MAX = 5;
/** Drains at the end, not counting those that poison takes, before what is left counts as stuck. */
const LAST_DRAINS_MAX = 30;

/**
 * Submits orders and drains them while drain processes and redis-server are killed, lets all of it
 * heal, and accounts for every order.
 */
export async function runChaos(options: ChaosOptions): Promise<ChaosReport> {
  const startedAt = performance.now();
  await using cleanup = new AsyncDisposableStack();
  const parts = await startParts(options, cleanup);
  const { redis, drains, kills, behind, store } = parts;
  const failures = [redis.failed, drains.failed, ...(behind?.server ? [behind.server.failed] : [])];
  const stopPausing = pauseNowAndThen(store, chanceFrom(options.seed + 1));
  cleanup.defer(stopPausing);
  const clients = await Promise.race([work(options, parts, stopPausing), ...failures]);
  await drains.stop();

  const { seed } = options;
  const { acknowledged } = clients;
  const entries = await behind?.entries();
  const books: Books = { seed, acknowledged, entries, attemptsMax: ATTEMPTS_MAX };
  const account = await accountFor(store, books);
  const suspects = account.faults.filter(({ id }) => id.startsWith('ord_'));
  const histories = suspects.slice(0, HISTORIES_MAX).map(({ id }) => historyOf(store, books, id));
  const { done } = kills;
  return {
    ...clients,
    ...account,
    acknowledged: acknowledged.filter((mark) => mark === ACKNOWLEDGED).length,
    kills: { drain: done.drain, redis: done.redis, behind: done.behind },
    otherDeaths: {
      drain: drains.tally.deaths - done.drain,
      redis: redis.deaths() - done.redis,
      behind: (behind?.server?.deaths() ?? 0) - done.behind,
    },
    networkFaults: done.faults,
    faultsBehind: behind?.faults() ?? 0,
    histories: await Promise.all(histories),
    seconds: (performance.now() - startedAt) / 1_000,
  };
}

type Parts = Awaited<ReturnType<typeof startParts>>;

/** All that runs: Redis, HTTP in front of it, the downstream system, the drains, and who kills them. */
async function startParts(
  { orders, kills: count, seed, producer }: ChaosOptions,
  cleanup: AsyncDisposableStack,
) {
  const chance = chanceFrom(seed);
  const dir = mkdtempSync(path.join(tmpdir(), 'chaos-'));
  // PostgreSQL may run as another user, who has to come to its own folder in it.
  chmodSync(dir, 0o711);
  cleanup.defer(() => rmSync(dir, { recursive: true, force: true }));
  const redis = await startLastingRedis(dir);
  cleanup.defer(redis.stop);
  const token = 'chaos';
  const server = await startUpstashServer({ socketPath: redis.socketPath, token });
  cleanup.defer(server.close);
  const upstash = { url: server.url, token };
  await putStockIn(storeWith(upstash, ''), orders);

  const behind = await startBehind(producer, {
    ...{ drains: DRAINS, dir, chance },
    onEffect: (place, when) => kills.onEffect(place, when),
  });
  cleanup.defer(async () => behind?.stop());
  const serverBehind = behind?.server;
  const scene = { hasBehind: behind !== undefined, hasServerBehind: serverBehind !== undefined };
  const kills = killer(
    plannedKills({ kills: count, orders, ...scene }, chance),
    {
      drains: DRAINS,
      drain: (place) => drains.kill(place),
      redis: redis.kill,
      behind: () => serverBehind?.kill() ?? false,
    },
    chance,
  );
  const proxy = cleanup.use(
    await faultyProxy(upstash, async (seen) => {
      await kills.caughtUp();
      return kills.fateOf(undefined, seen);
    }),
  );
  const environment = {
    ...{ ...functionEnvironment(proxy), ...SETTINGS },
    SLUICE_BATCH_SIZE: String(Math.min(BATCH_SIZE_MAX, Math.ceil(orders / BATCHES_MIN))),
  };
  const stage: Stage = { isLast: false, drains: 0 };
  const drains = await startDrains({
    count: DRAINS,
    server: upstash,
    environmentOf: (place) => ({
      ...{ ...environment, CHAOS_PRODUCER: producer },
      ...behind?.environmentOf(place),
    }),
    invocation: (place) => invocationOf(place, stage, chance),
    fateOf: (place, seen) => kills.fateOf(place, seen),
  });
  cleanup.defer(drains.stop);
  return { redis, drains, kills, behind, environment, stage, store: storeWith(upstash, '') };
}

/** From the first order to the last that is drained, or that is stuck. */
async function work({ seed, orders }: ChaosOptions, parts: Parts, stopPausing: StopPausing) {
  const { kills, behind, stage, store, environment } = parts;
  const submitters = { seed, orders, submitters: SUBMITTERS, environment };
  const clients = await submitAll(submitters, kills.acknowledged);
  await carryOutTheRest(parts);
  await drainQueue(store);
  await behind?.heal();
  await stopPausing();
  stage.isLast = true;
  const poisonous = Math.ceil(orders / ORDERS_PER_POISON);
  const drainsMax = LAST_DRAINS_MAX + poisonous * ATTEMPTS_MAX;
  while (stage.drains < drainsMax && (await store.redis.exists(...waiting(store))) > 0) {
    await pause(50);
  }
  return clients;
}

/** Where orders wait. */
function waiting({ keys }: TestStore): string[] {
  return [keys.queue('shop'), keys.pending('shop'), keys.pending(aloneOf('shop')), keys.owners];
}

/** Whether the end has come, and how often was drained since. */
interface Stage {
  isLast: boolean;
  drains: number;
}

/** At the end one process drains, with a clock that is further ahead each time. */
function invocationOf(place: number, stage: Stage, chance: () => number): Invocation | undefined {
  if (!stage.isLast) return { slot: place, timeMs: DRAIN_MS + chance() * 2_000, aheadMs: 0 };
  if (place > 0) return undefined;
  stage.drains += 1;
  // In a slot of its own: the lock of one that was killed is not waited for.
  return { slot: DRAINS + stage.drains, timeMs: 60_000, aheadMs: stage.drains * STEP_MS };
}

/** Lets all drains go on, as badly as before, for as long as that makes the queue shorter. */
async function drainQueue({ redis, keys }: TestStore): Promise<void> {
  let least = Number.POSITIVE_INFINITY;
  for (let waitedMs = 0; waitedMs < PATIENCE_MS && least > 0; waitedMs += 50) {
    const length = await redis.llen(keys.queue('shop'));
    if (length < least) waitedMs = 0;
    least = Math.min(least, length);
    await pause(50);
  }
}

/** Kills that no request gave occasion to, one after the other. */
async function carryOutTheRest({ kills, redis, behind }: Parts): Promise<void> {
  while (kills.left() > 0) {
    kills.carryOutOne();
    await pause(200);
    await redis.isBack();
    await behind?.server?.isBack();
  }
}
