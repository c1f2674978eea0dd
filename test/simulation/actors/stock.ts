import { changeStock, type StockChange } from '../../../lib/store/stock.ts';
import type { World } from '../world.ts';
import { act } from './operators.ts';

/** Admins put stock in, and set and add some while orders come. */
export function startStock(world: World): void {
  const { plan, scheduler } = world;
  if (plan.stock === undefined) return;
  const { first, changes } = plan.stock;
  scheduler.at(plan.startMs, () => void change(world, first));
  for (const [afterMs, one] of changes) {
    scheduler.at(plan.startMs + afterMs, () => void change(world, [one]));
  }
}

function change(world: World, changes: readonly StockChange[]): Promise<void> {
  return act(world, 'stock', async (store, _, { name }) => {
    await changeStock(store, changes, name);
  });
}
