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

/**
 * Another admin's program may not have heard that its change was made, and sends it again after that. Or
 * two untrack a SKU at the same time, while a third sets it anew.
 */
function untrack(world: World, sku: string, made: readonly Made[]): Promise<void> {
  const { random, scheduler, plan } = world;
  const after = (msMax: number, run: () => Promise<void>) => {
    scheduler.at(scheduler.now() + random.whole(0, msMax), () => void run());
  };
  const untracking = () =>
    act(world, 'untrack', (store) => untrackStock(store, sku).then(() => {}));
  const again = random.pick(made);
  if (random.chance(0.5)) after(plan.stormMs / 2, () => change(world, again));
  else {
    const changes = [{ sku, kind: 'set', units: random.whole(0, 40) } as const];
    const request = `anew-${random.whole(0, 1e9)}`;
    after(100, () => change(world, { changes, request }));
    after(100, untracking);
  }
  return untracking();
}
