import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { startUpstashServer } from '../../local/upstash/server.ts';
import { chanceFrom } from '../support/chance.ts';
import { faultyProxy } from '../support/faulty-proxy.ts';
import { functionEnvironment } from '../support/functions.ts';
import { storeWith } from '../support/store.ts';
import { type Account, accountFor, type Books, historyOf } from './account.ts';
import { startBehind } from './behind.ts';
import type { Invocation } from './drain-process.ts';
import { startDrains } from './drains.ts';
import { type Killer, killer, plannedKills } from './killer.ts';
import { ORDERS_PER_POISON } from './order-plan.ts';
import { type LastingRedis, startLastingRedis } from './redis.ts';
import { type Clients, submitAll } from './submitters.ts';

export interface ChaosOptions {
  readonly orders: number;
  readonly kills: number;
  readonly seed: number;
  readonly onProgress?: (acknowledged: number) => void;
}

export interface ChaosReport extends Account, Omit<Clients, 'acknowledged'> {
  readonly acknowledged: number;
  readonly kills: { readonly drain: number; readonly redis: number };
  /** Deaths that were no kill of this run: of poison, or from outside. */
  readonly otherDeaths: { readonly drain: number; readonly redis: number };
  /** Requests that were lost or doubled although nothing was killed. */
  readonly networkFaults: number;
  readonly seconds: number;
  /** All that is known of the first orders that are not as they must be. */
  readonly histories: readonly string[];
}

const DRAINS = 3;
const SUBMITTERS = 12;
const ATTEMPTS_MAX = 8;
const SETTINGS = {
  SLUICE_PREFIX: '',
  SLUICE_BATCH_SIZE: '50',
  SLUICE_LEASE_MS: '3000',
  SLUICE_ATTEMPTS_MAX: String(ATTEMPTS_MAX),
  SLUICE_QUEUE_MAX: '100000000',
};
/** A drain settles 6 s before its time is up and claims until 2 s before that: these often run out. */
const DRAIN_MS = 8_100;
/** How far the clock is put forward between two drains at the end: no lease, no delay is longer. */
const STEP_MS = 20 * 60_000;
const HISTORIES_MAX = 5;
/** Drains at the end, besides those that poison takes, before what is left counts as stuck. */
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
  const clients = await Promise.race([work(options, parts), redis.failed, drains.failed]);
  await drains.stop();

  const { seed } = options;
  const { acknowledged } = clients;
  const books: Books = { seed, acknowledged, entries: behind.entries, attemptsMax: ATTEMPTS_MAX };
  const account = await accountFor(store, books);
  const suspects = account.faults.filter(({ id }) => id.startsWith('ord_'));
  const histories = suspects.slice(0, HISTORIES_MAX).map(({ id }) => historyOf(store, books, id));
  return {
    ...clients,
    ...account,
    acknowledged: acknowledged.reduce((sum, mark) => sum + mark, 0),
    kills: { drain: kills.done.drain, redis: kills.done.redis },
    otherDeaths: {
      drain: drains.tally.deaths - kills.done.drain,
      redis: redis.deaths() - kills.done.redis,
    },
    networkFaults: kills.done.faults,
    histories: await Promise.all(histories),
    seconds: (performance.now() - startedAt) / 1_000,
  };
}

type Parts = Awaited<ReturnType<typeof startParts>>;

/** All that runs: Redis, HTTP in front of it, the system behind, the drains, and who kills them. */
async function startParts(
  { orders, kills: count, seed }: ChaosOptions,
  cleanup: AsyncDisposableStack,
) {
  const chance = chanceFrom(seed);
  const dir = mkdtempSync(path.join(tmpdir(), 'chaos-'));
  cleanup.defer(() => rmSync(dir, { recursive: true, force: true }));
  const redis = await startLastingRedis(dir);
  cleanup.defer(redis.stop);
  const token = 'chaos';
  const server = await startUpstashServer({ socketPath: redis.socketPath, token });
  cleanup.defer(server.close);
  const upstash = { url: server.url, token };

  const kills = killer(
    plannedKills(count, orders, chance),
    {
      drains: DRAINS,
      killRedis: redis.kill,
      killDrain: (place) => drains.kill(place),
    },
    chance,
  );
  const behind = await startBehind((pid) => kills.onEffect(drains.placeOf(pid)));
  cleanup.defer(behind.stop);
  const proxy = cleanup.use(
    await faultyProxy(upstash, async (seen) => {
      await kills.caughtUp();
      return kills.fateOf(undefined, seen);
    }),
  );
  const environment = { ...functionEnvironment(proxy), ...SETTINGS };
  const stage: Stage = { isLast: false, drains: 0 };
  const drains = await startDrains({
    count: DRAINS,
    server: upstash,
    environment: { ...environment, BEHIND_URL: behind.url },
    invocation: (place) => invocationOf(place, stage, chance),
    fateOf: (place, seen) => kills.fateOf(place, seen),
  });
  cleanup.defer(drains.stop);
  return { redis, drains, kills, behind, environment, stage, store: storeWith(upstash, '') };
}

/** From the first order to the last that is drained, or that is stuck. */
async function work(options: ChaosOptions, parts: Parts): Promise<Clients> {
  const { kills, redis, stage, store, environment } = parts;
  const { seed, orders } = options;
  const submitters = { seed, orders, submitters: SUBMITTERS, environment };
  const clients = await submitAll(submitters, (acknowledged) => {
    kills.acknowledged(acknowledged);
    options.onProgress?.(acknowledged);
  });
  await carryOutTheRest(kills, redis);
  stage.isLast = true;
  const poisonous = Math.ceil(orders / ORDERS_PER_POISON);
  const drainsMax = LAST_DRAINS_MAX + poisonous * ATTEMPTS_MAX;
  const { queue, pending, owners } = store.keys;
  while (stage.drains < drainsMax && (await store.redis.exists(queue, pending, owners)) > 0) {
    await pause(50);
  }
  return clients;
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

/** Kills that no request gave occasion to, one after the other. */
async function carryOutTheRest(kills: Killer, redis: LastingRedis): Promise<void> {
  while (kills.left() > 0) {
    kills.carryOutOne();
    await pause(200);
    await redis.isBack();
  }
}
