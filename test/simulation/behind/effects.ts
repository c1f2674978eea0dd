import type { OrderMemory } from '../model.ts';
import type { Random } from '../random.ts';
import { Violation } from '../violation.ts';
import type { World } from '../world.ts';

/** A number that no order has that took effect. */
export function nextEffect({ model }: World): number {
  return [...model.orders.values()].filter(({ effect }) => effect !== undefined).length + 1;
}

/** @throws Violation where nobody has submitted such an order */
export function memoryOf({ model }: World, id: string): OrderMemory {
  const memory = model.orders.get(id);
  if (memory === undefined) throw new Violation(`the system behind is sent ${id}`);
  return memory;
}

/** What is sent of an order comes to what its client has sent. */
export function checkAmount(
  { planned }: OrderMemory,
  sent: { readonly customer: string; readonly amount: number },
): void {
  const isPlanned = planned.bodies.some(
    ({ customer, totalAmount }) => customer === sent.customer && totalAmount === sent.amount,
  );
  if (isPlanned) return;
  throw new Violation(`the system behind is sent an order of ${sent.amount}`, planned.id);
}

/** Whether the system behind is out, or else which trouble befalls what is asked of it. */
export function troubleBehind<Trouble extends string>(
  { plan, random, scheduler, isStorm }: World,
  weights: Readonly<Record<Trouble, number>>,
): Trouble | 'is out' | undefined {
  if (!isStorm()) return undefined;
  const nowMs = scheduler.now();
  const isOut = plan.outagesBehind.some(([fromMs, toMs]) => fromMs <= nowMs && nowMs < toMs);
  if (isOut) return 'is out';
  let drawn = random();
  for (const [trouble, weight] of Object.entries(weights) as [Trouble, number][]) {
    drawn -= weight / 2;
    if (drawn < 0) return trouble;
  }
  return undefined;
}

/** In an order of its own, as a system behind may answer. */
export function shuffled<T>(list: readonly T[], random: Random): T[] {
  const drawn = list.map((item) => ({ item, at: random() }));
  return drawn.toSorted((one, other) => one.at - other.at).map(({ item }) => item);
}
