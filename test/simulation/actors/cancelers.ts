import { StoreUnavailable } from '../../../lib/queue/errors.ts';
import { cancelStore } from '../../../lib/redis/cancel-store.ts';
import { Violation } from '../violation.ts';
import type { World } from '../world.ts';

/** Clients take orders back, and try it with those of others. */
export function startCancelers(world: World): void {
  const { plan, random, scheduler } = world;
  for (let count = 0; count < plan.cancels; count += 1) {
    const { id, client } = random.pick(plan.orders);
    const whose = random.pick([client, client, client, undefined, 'stranger']);
    const atMs = plan.startMs + random.whole(0, plan.stormMs);
    scheduler.at(atMs, () => void cancel(world, id, whose));
  }
}

async function cancel(world: World, id: string, client: string | undefined): Promise<void> {
  const process = world.start('cancel');
  const store = cancelStore(world.connect(process, 1_200), world.keys);
  try {
    const request = { id, nowMs: process.clock.now(), ...(client !== undefined && { client }) };
    const { kind } = await store.cancel(request);
    const order = world.state().orders.get(id);
    if (kind === 'canceled' && order?.canceledAtMs === undefined) {
      if (!world.model.orders.get(id)?.isDamaged) {
        throw new Violation('a client is told that an order is canceled that is not', id);
      }
    }
  } catch (error) {
    if (!(error instanceof StoreUnavailable)) world.fail(error);
  }
}
