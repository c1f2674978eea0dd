import type { World } from '../world.ts';

/** Redis loses something by itself, as a failover does that loses the last writes. */
export function startDamage(world: World): void {
  const { plan, random, scheduler } = world;
  if (plan.damage === 'none') return;
  const atMs = plan.startMs + random.whole(1_000, plan.stormMs);
  const lose = plan.damage === 'hash' ? loseHash : loseFence;
  scheduler.at(atMs, () => lose(world));
}

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

/** The next claim gets a fencing token that another has. */
async function loseFence(world: World): Promise<void> {
  const { model, keys, database, history, scheduler } = world;
  if (world.state().fence === 0) return;
  model.isFenceDamaged = true;
  history.note(scheduler.now(), 'Redis', [], () => 'loses the last fencing token');
  await database.send([['DECR', keys.fence]]);
  await world.lookAgain();
}
