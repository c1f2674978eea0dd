import { startChanges } from './actors/changes.ts';
import { startClients, submitAllAgain } from './actors/clients.ts';
import { startDrainers } from './actors/drainers.ts';
import { checkLists, keepUp, redriveAll, startOperators } from './actors/operators.ts';
import { checkRing } from './actors/ring.ts';
import { startStock } from './actors/stock.ts';
import type { Database } from './database.ts';
import { watchLeases } from './drain-watch.ts';
import { checkEnd, checkHonest } from './end.ts';
import { isPause, lockHolderOf } from './locks.ts';
import { Violation } from './violation.ts';
import { createWorld, type World } from './world.ts';

export interface Outcome {
  readonly seed: number;
  /** Requests that Redis executed. */
  readonly steps: number;
  /** What must not have happened, with the history of the order that it happened to. */
  readonly failure: string | undefined;
  /** All that happened: the same for the same seed. */
  readonly history: () => string[];
}

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
/** More than any clock can have jumped, and than any order can be scheduled ahead. */
const HEALED_AFTER_MS = 60 * DAY_MS;
/** Enough for an order whose drain died to be suspect, to wait, and to be tried alone. */
const LAST_DRAINS = 5;

/** How long what was begun may go on: no drain lives, freezes or is waited for that long. */
const REST_MS_MAX = 2 * HOUR_MS;
/** Where clocks jump, a timer that is set by one may be days ahead. */
const REST_MS_MAX_JUMPING = 30 * DAY_MS;

/** Runs one seed, from the first submit until every order has come to its end. */
export async function runSeed(seed: number, database: Database): Promise<Outcome> {
  const world = await createWorld(seed, database);
  try {
    await storm(world);
    const violation = world.failure();
    return {
      seed,
      steps: world.steps(),
      failure: violation && tellFailure(seed, violation, world),
      history: () => world.history.tell(undefined),
    };
  } finally {
    await world.close();
  }
}

async function storm(world: World): Promise<void> {
  const { plan, scheduler } = world;
  watchLeases(world);
  const drainers = startDrainers(world);
  for (const start of [startClients, startOperators, startStock, startChanges]) start(world);
  scheduler.at(plan.startMs + plan.stormMs, () => void world.heal());
  await rest(world, plan.startMs + plan.stormMs);

  const healedAtMs = scheduler.now() + HEALED_AFTER_MS;
  const later = (hours: number, act: () => unknown) =>
    void scheduler.at(healedAtMs + hours * HOUR_MS, () => void act());
  later(0, () => keepUp(world));
  later(1, () => submitAllAgain(world).catch(world.fail));
  later(2, () => drainers.drain(0, 60_000));
  later(3, () => redriveAll(world));
  const killers =
    plan.produces === 'ledger' ? plan.orders.filter(({ nature }) => nature === 'poison').length : 0;
  // However many kill: one drain dies of them, and the next one is warned. Then each is tried once a drain.
  const honestDrains = LAST_DRAINS + (killers > 0 ? 2 : 0);
  const drains = LAST_DRAINS + (killers > 0 ? plan.attemptsMax + 2 : 0);
  for (let drain = 1; drain < drains; drain += 1) {
    later(3 + drain, () => drainers.drain(0, 60_000));
  }
  later(3 + honestDrains, () => honestHaveEnded(world));
  later(3 + drains, () => checkLists(world));
  later(4 + drains, () => checkRing(world, healedAtMs));
  await rest(world, healedAtMs + 5 * DAY_MS);
  if (world.failure() !== undefined) return;
  try {
    checkEnd(world.state(), world.model, plan);
    if (plan.slots.some((slot) => isPause(lockHolderOf(world.state(), slot)))) {
      throw new Violation('a pause does not end');
    }
  } catch (error) {
    world.fail(error);
  }
}

function honestHaveEnded(world: World): void {
  try {
    checkHonest(world.state(), world.model);
  } catch (error) {
    world.fail(error);
  }
}

/** Lets everything happen that follows from what was begun: it must come to an end. */
async function rest(world: World, fromMs: number): Promise<void> {
  const restMsMax = world.plan.clocks === 'jumping' ? REST_MS_MAX_JUMPING : REST_MS_MAX;
  const isAtRest = await world.scheduler.run(fromMs + restMsMax);
  if (!isAtRest) world.fail(new Violation('something goes on for ever'));
}

function tellFailure(
  seed: number,
  { message, id }: { message: string; id: string | undefined },
  { history, model }: World,
): string {
  const order = id === undefined ? undefined : model.orders.get(id)?.planned;
  const whose = order && ` (${order.idempotencyKey} of ${order.client}, ${id})`;
  return [
    `Seed ${seed}: ${message}${whose ?? ''}.`,
    ...history.tell(id),
    `Again: npm run simulate -- --seeds 1 --from ${seed}`,
  ].join('\n');
}
