import type { World } from '../world.ts';

/** Redis loses something by itself, as a failover does that loses the last writes. */
export function startDamage(world: World): void {
  const { plan, random, scheduler } = world;
  if (plan.damage === 'none') return;
  const lose = LOSSES[plan.damage];
  for (let count = 0; count < LOSSES_MAX; count += 1) {
    const atMs = plan.startMs + random.whole(1_000, plan.stormMs);
    scheduler.at(atMs, () => lose(world));
    if (plan.damage === 'record') return;
  }
}

/** Waits for orders to be leased: what is lost then matters. */
function later(world: World, lose: (world: World) => Promise<void>): void {
  const { scheduler, random } = world;
  const atMs = scheduler.now() + random.whole(50, 2_000);
  scheduler.at(atMs, () => (world.isStorm() ? lose(world) : undefined));
}

const LOSSES_MAX = 4;
const LOSSES = { record: loseRecord, fence: loseFence, lock: loseLock };

/** The record of an order that has not ended; the client's repeat brings it back. */
async function loseRecord(world: World): Promise<void> {
  const { random, model, keys, history, scheduler } = world;
  const live = [...world.state().orders].filter(
    ([, { record, state, owner }]) =>
      record !== undefined &&
      (state === undefined || state.status === 'queued') &&
      (owner !== undefined || random.chance(0.05)),
  );
  if (live.length === 0) return later(world, loseRecord);
  const [id] = random.pick(live);
  const memory = model.orders.get(id);
  if (memory !== undefined) memory.isDamaged = true;
  history.note(scheduler.now(), 'Redis', [id], () => 'loses the record of the order');
  await world.damage('UNLINK', keys.order(id));
}

/** The next claim gets a fencing token that another has: those of orders that are still leased. */
async function loseFence(world: World): Promise<void> {
  const { model, keys, history, scheduler } = world;
  const { fence, orders } = world.state();
  const held = [...orders.values()].filter(({ owner }) => owner?.startsWith(`${fence}:`)).length;
  if (held === 0) return later(world, loseFence);
  model.isFenceDamaged = true;
  history.note(scheduler.now(), 'Redis', [], () => 'loses the last fencing token');
  await world.damage('DECRBY', keys.fence, String(held));
}

/** Another drain of the slot begins beside the one that has lost its lock. */
async function loseLock(world: World): Promise<void> {
  const { keys, history, scheduler, locks } = world;
  if (world.state().locks[0]?.token === undefined) return later(world, loseLock);
  history.note(scheduler.now(), 'Redis', [], () => 'loses the lock of slot 0');
  locks.lose(0);
  await world.damage('DEL', keys.lock(0));
}
