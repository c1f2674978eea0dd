import type { World } from '../world.ts';

/** Redis loses something by itself, as a failover does that loses the last writes. */
export function startDamage(world: World): void {
  const { plan, random, scheduler } = world;
  if (plan.damage === 'none') return;
  const lose = LOSSES[plan.damage];
  for (let count = 0; count < LOSSES_MAX; count += 1) {
    const atMs = plan.startMs + random.whole(1_000, plan.stormMs);
    scheduler.at(atMs, () => lose(world));
    if (plan.damage === 'hash') return;
  }
}

const LOSSES_MAX = 4;
const LOSSES = { hash: loseHash, fence: loseFence, lock: loseLock };

/** The hash of an order that has not ended; the client's repeat brings it back. */
async function loseHash(world: World): Promise<void> {
  const { plan, random, model, keys, database, history, scheduler } = world;
  const { id } = random.pick(plan.orders);
  const memory = model.orders.get(id);
  const status = world.state().orders.get(id)?.fields?.status;
  if (memory === undefined || (status !== 'queued' && status !== 'scheduled')) return;
  memory.isDamaged = true;
  history.note(scheduler.now(), 'Redis', [id], () => 'loses the hash of the order');
  await database.send([['UNLINK', keys.order(id)]]);
  await world.lookAgain();
}

/** The next claim gets a fencing token that another has: those of orders that are still leased. */
async function loseFence(world: World): Promise<void> {
  const { model, keys, database, history, scheduler } = world;
  const { fence, orders } = world.state();
  if (![...orders.values()].some(({ owner }) => owner?.startsWith(`${fence}:`))) {
    scheduler.at(scheduler.now() + 3_000, () => (world.isStorm() ? loseFence(world) : undefined));
    return;
  }
  model.isFenceDamaged = true;
  history.note(scheduler.now(), 'Redis', [], () => 'loses the last fencing token');
  await database.send([['DECR', keys.fence]]);
  await world.lookAgain();
}

/** Another drain of the slot begins beside the one that has lost its lock. */
async function loseLock(world: World): Promise<void> {
  const { keys, database, history, scheduler, locks } = world;
  history.note(scheduler.now(), 'Redis', [], () => 'loses the lock of slot 0');
  locks.lose(0);
  await database.send([['DEL', keys.lock(0)]]);
  await world.lookAgain();
}
