import { changeStock, type StockChange, untrackStock } from '../../../lib/store/stock.ts';
import type { World } from '../world.ts';
import { act } from './operators.ts';

interface Made {
  readonly changes: readonly StockChange[];
  readonly request: string;
}

/** Admins put stock in, set and add some while orders come, and untrack SKUs, some of which they set again. */
export function startStock(world: World): void {
  const { plan, scheduler } = world;
  if (plan.stock === undefined) return;
  const { first, changes, untracks } = plan.stock;
  const all = [[0, first] as const, ...changes.map(([ms, one]) => [ms, [one]] as const)];
  const made = all.map(([, some], at): Made => ({ changes: some, request: `change-${at}` }));
  for (const [at, [afterMs]] of all.entries()) {
    scheduler.at(plan.startMs + afterMs, () => void change(world, made[at] as Made));
  }
  for (const [afterMs, sku] of untracks) {
    scheduler.at(plan.startMs + afterMs, () => void untrack(world, sku, made));
  }
}

function change(world: World, { changes, request }: Made): Promise<void> {
  return act(world, 'stock', async (store) => {
    await changeStock(store, changes, request);
  });
}

/** Another admin's program may not have heard that its change was made, and sends it again after that. */
function untrack(world: World, sku: string, made: readonly Made[]): Promise<void> {
  const { random, scheduler, plan } = world;
  const again = random.pick(made);
  if (random.chance(0.5)) {
    const atMs = scheduler.now() + random.whole(0, plan.stormMs / 2);
    scheduler.at(atMs, () => void change(world, again));
  }
  return act(world, 'untrack', async (store) => {
    await untrackStock(store, sku);
  });
}
