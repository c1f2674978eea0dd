import { redriveOldest } from '../../../lib/production/redrive.ts';
import { StoreUnavailable } from '../../../lib/queue/errors.ts';
import { redriveStore } from '../../../lib/redis/redrive-store.ts';
import { Violation } from '../violation.ts';
import type { World } from '../world.ts';

const LIMIT_MAX = 3;

/** Operators put dead orders back, one by its id or the oldest at a pace. */
export function startRedrivers(world: World): void {
  const { plan, random, scheduler } = world;
  for (let count = 0; count < plan.redrives; count += 1) {
    const { id } = random.pick(plan.orders);
    const pauseMs = random.pick([0, random.whole(1, 60_000)]);
    const limit = random.whole(1, LIMIT_MAX);
    const one = random.chance(0.3) ? id : undefined;
    const atMs = plan.startMs + random.whole(0, plan.stormMs);
    scheduler.at(atMs, () => void redrive(world, { one, limit, pauseMs }));
  }
}

/** Once all is well, what has died is tried again, in some runs. */
export async function redriveAll(world: World): Promise<void> {
  const { plan } = world;
  if (plan.redrives > 0) await redrive(world, { limit: plan.orders.length, pauseMs: 1_000 });
}

async function redrive(
  world: World,
  { one, limit, pauseMs }: { one?: string | undefined; limit: number; pauseMs: number },
): Promise<void> {
  const { keys, random, model } = world;
  const process = world.start('redrive');
  const store = redriveStore(world.connect(process, 1_200), keys);
  const mark = `mark-${process.name}-${random.whole(0, 1e9)}`;
  const nowMs = process.clock.now();
  try {
    if (one === undefined) await redriveOldest(store, { limit, pauseMs, mark }, nowMs);
    else {
      const [isBack] = await store.redrive({ ids: [one], pauseMs, mark, nowMs });
      const fields = world.state().orders.get(one)?.fields;
      if (isBack && fields?.redrivenBy === undefined && !model.orders.get(one)?.isDamaged) {
        throw new Violation('an order is said to be redriven that is not', one);
      }
    }
  } catch (error) {
    if (!(error instanceof StoreUnavailable)) world.fail(error);
  }
}
