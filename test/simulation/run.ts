import { startCancelers } from './actors/cancelers.ts';
import { startClients, submitAllAgain } from './actors/clients.ts';
import { startDamage } from './actors/damage.ts';
import { startDrainers } from './actors/drainers.ts';
import { startReaders } from './actors/readers.ts';
import { redriveAll, startRedrivers } from './actors/redrivers.ts';
import type { Database } from './database.ts';
import { checkEnd } from './rules/end.ts';
import { Violation } from './violation.ts';
import { createWorld, type World } from './world.ts';

export interface Outcome {
  readonly seed: number;
  /** Requests that Redis executed. */
  readonly steps: number;
  /** What must not have happened, with the history of the order that it happened to. */
  readonly failure: string | undefined;
  /** A digest of all that happened: the same for the same seed. */
  readonly history: () => string[];
}

/** Who does something of their own accord, besides the drains. */
const ACTORS = [startClients, startCancelers, startRedrivers, startReaders, startDamage];

const DAY_MS = 86_400_000;
/** More than any clock can have jumped, and than any order can be scheduled ahead. */
const HEALED_AFTER_MS = 60 * DAY_MS;

/** How long what was begun may go on: no drain lives, freezes or is waited for that long. */
const REST_MS_MAX = 2 * 60 * 60 * 1000;
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
  const drainers = startDrainers(world);
  for (const start of ACTORS) start(world);
  scheduler.at(plan.startMs + plan.stormMs, () => void world.heal());
  await rest(world, plan.startMs + plan.stormMs);

  const healedAtMs = scheduler.now() + HEALED_AFTER_MS;
  scheduler.at(healedAtMs, () => void submitAllAgain(world).catch(world.fail));
  scheduler.at(healedAtMs + DAY_MS / 2, () => void redriveAll(world));
  scheduler.at(healedAtMs + DAY_MS, () => void drainers.drain(0, 60_000));
  await rest(world, healedAtMs + DAY_MS);
  if (world.failure() !== undefined) return;
  try {
    checkEnd(world.state(), world.model, plan);
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
