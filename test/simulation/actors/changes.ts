import { withContent } from '../../../lib/orders/content.ts';
import { erase } from '../../../lib/store/erase.ts';
import { erasedFrom } from '../../../lib/store/erased-record.ts';
import { headOf } from '../../../lib/store/order-record.ts';
import { replace } from '../../../lib/store/replace.ts';
import { canaryOf } from '../changes-plan.ts';
import type { OrderMemory } from '../model.ts';
import type { PlannedOrder } from '../plan.ts';
import { Violation } from '../violation.ts';
import type { World } from '../world.ts';
import { act } from './operators.ts';

/** Clients give their orders other contents, and admins erase some, at whatever time. */
export function startChanges(world: World): void {
  const { plan, random, scheduler } = world;
  const at = (change: () => Promise<void>) => {
    scheduler.at(plan.startMs + random.whole(0, plan.stormMs), () => void change());
  };
  const { replaces = 0, erasures = 0 } = plan.changes ?? {};
  for (let count = 0; count < replaces; count += 1) at(() => replaceOne(world));
  for (let count = 0; count < erasures; count += 1) at(() => eraseOne(world));
}

/** Most of what waits, or was canceled; some that others have, or that are over. */
function orderToChange({ random, plan, state }: World): PlannedOrder {
  const waiting = plan.orders.filter(({ id }) => {
    const { record, owner, state: own } = state().orders.get(id) ?? {};
    return record !== undefined && owner === undefined && (!own || own.status === 'canceled');
  });
  return random.pick(waiting.length > 0 && random.chance(0.8) ? waiting : plan.orders);
}

/** A client replaces an order and finds it as the answer said. */
function replaceOne(world: World): Promise<void> {
  const { random, plan, model } = world;
  const { id, client, replacements = [] } = orderToChange(world);
  const submission = random.pick(replacements);
  const whose = random.pick([client, client, undefined, 'stranger']);
  const fingerprint = withContent(submission).fingerprint;
  return act(world, 'replace', async (store, nowMs) => {
    const order = { id, submission, fingerprint };
    const hasStock = plan.stock !== undefined;
    const memory = model.orders.get(id) as OrderMemory;
    const before = world.state().orders.get(id)?.record;
    const { lives } = memory;
    const { kind } = await replace(store, {
      ...{ order, nowMs, hasStock },
      ...(whose !== undefined && { client: whose }),
    });
    if (kind !== 'not-found' && whose === 'stranger') throw new Violation('is shown to others', id);
    const { record } = world.state().orders.get(id) ?? {};
    // It may have been forgotten or erased since, or replaced once more.
    if (kind === 'replaced' && record !== undefined && erasedFrom(record) === undefined) {
      const { fingerprint: current, replaced } = headOf(id, record);
      const isThere = current === fingerprint || replaced.includes(fingerprint);
      if (!isThere && memory.lives === lives && !model.wasTorn)
        throw new Violation('is told replaced, and has another content', id);
    }
    if (kind !== 'erased' && record !== undefined && record === before && erasedFrom(record)) {
      if (kind !== 'not-found') throw new Violation(`an erased order is told ${kind}`, id);
    }
  });
}

/** Whatever it was that the order held, it is nowhere from then on. */
function eraseOne(world: World): Promise<void> {
  const { random, plan, scheduler } = world;
  const order = random.chance(0.5) ? orderToChange(world) : random.pick(plan.orders);
  return act(world, 'erase', async (store, nowMs) => {
    const { kind } = await erase(store, order.id, nowMs);
    if (kind !== 'erased') return;
    scheduler.at(scheduler.now(), async () => {
      const { record = '' } = world.state().orders.get(order.id) ?? {};
      // Its client may have sent it anew, once it was forgotten.
      if (erasedFrom(record) === undefined) return;
      const holding = (await world.texts()).find((text) => text.includes(canaryOf(order)));
      if (holding === undefined) return;
      world.fail(new Violation(`of an erased order there is still ${holding}`, order.id));
    });
  });
}
