import { ProducerDied } from '../../lib/drain/produce-batch.ts';
import type { ClaimedOrder } from '../../lib/orders/order.ts';
import type { Producer, ProducerAnswer } from '../../lib/producers/producer.ts';
import type { OrderMemory } from './model.ts';
import { PRODUCER_TROUBLES, type ProducerTrouble } from './plan.ts';
import type { SimulatedProcess } from './process.ts';
import type { World } from './world.ts';

/**
 * A downstream system that takes an order's id as its idempotency key, as producers must, and that
 * fails in every way that it can. An order that kills ends the process, or only the producer where that is
 * isolated.
 */
export function ledgerProducer(
  world: World,
  process: SimulatedProcess,
  { isIsolated = false } = {},
): Producer {
  const { plan, random } = world;

  async function produce(
    orders: readonly ClaimedOrder[],
    signal: AbortSignal,
  ): Promise<Map<string, ProducerAnswer>> {
    const trouble = world.isStorm() ? troubleOf(world) : undefined;
    const totalMs = durationMs(world, trouble);
    if (trouble !== undefined) {
      const ids = orders.map(({ id }) => id);
      world.history.note(world.scheduler.now(), process.name, ids, () => `its producer ${trouble}`);
    }
    if (trouble === 'throws before') {
      await process.wait(totalMs);
      throw new Error('The ledger is away');
    }
    if (trouble === 'never answers') await new Promise(() => undefined);
    const isPolite = random.chance(0.7);
    const answers = new Map<string, ProducerAnswer>();
    for (const order of orders) {
      await process.wait(totalMs / orders.length);
      if (signal.aborted && isPolite) break;
      const kill = () => {
        if (isIsolated) throw new ProducerDied();
        process.crash('at the order that kills');
      };
      const answer = produceOne(world, kill, order);
      if (process.isDead()) await new Promise(() => undefined);
      if (answer !== undefined) answers.set(order.id, answer);
    }
    if (trouble === 'dies after') process.crash('after its producer took effect');
    if (trouble === 'throws after') throw new Error('The ledger went away');
    if (trouble === 'is late') await process.wait(plan.leaseMs * random());
    if (random.chance(0.05)) answers.set('ord_of_nobody', { kind: 'produced', orderNumber: 1 });
    return answers;
  }

  /** It forgets an order, unless it is away. */
  async function erase(ids: readonly string[]): Promise<void> {
    await process.wait(random.whole(1, 300));
    if (world.isStorm() && troubleOf(world) !== undefined) throw new Error('The ledger is away');
    for (const id of ids) (world.model.orders.get(id) as OrderMemory).isErasedThere = true;
  }

  const producer: Producer = (orders, { signal }) => produce(orders, signal);
  return Object.assign(producer, { erase });
}

function troubleOf({ plan, random }: World): ProducerTrouble | undefined {
  const isSlow = plan.outages.length > 0;
  if (isSlow && random.chance(0.3)) return 'is slow';
  let drawn = random();
  for (const trouble of PRODUCER_TROUBLES) {
    drawn -= plan.producer[trouble];
    if (drawn < 0) return trouble;
  }
  return undefined;
}

function durationMs(
  { plan, random, isStorm }: World,
  trouble: ProducerTrouble | undefined,
): number {
  if (isStorm() && trouble === 'is slow') return random.whole(1_000, plan.leaseMs * 2.5);
  return random.whole(1, 300);
}

/** One order, by its nature. An answer that is left out is one that the producer forgot. */
function produceOne(
  world: World,
  kill: () => void,
  order: ClaimedOrder,
): ProducerAnswer | undefined {
  const { model, random } = world;
  const memory = model.orders.get(order.id) as OrderMemory;
  const { nature } = memory.planned;
  if (nature === 'rejects') {
    memory.wasRejected = true;
    return { kind: 'rejected', reason: 'The ledger will never take it.' };
  }
  if (nature === 'poison') {
    kill();
    return undefined;
  }
  if (world.isStorm()) {
    if (nature === 'lies') {
      takeEffect(world, order);
      if (random.chance(0.5))
        return { kind: 'retry', reason: 'It has the order and says otherwise.' };
      memory.wasRejected = true;
      return { kind: 'rejected', reason: 'It has the order and says otherwise.' };
    }
    if (nature === 'throws') throw new Error('The ledger trips over an order');
    if (nature === 'kills') {
      kill();
      return undefined;
    }
    if (nature === 'fickle') {
      const mood = random();
      if (mood < 0.3) return { kind: 'retry', reason: 'Later.', afterMs: random.whole(0, 60_000) };
      if (mood < 0.5) return { kind: 'retry', reason: 'Later.' };
      if (mood < 0.7) return undefined;
    }
  }
  takeEffect(world, order);
  world.history.note(
    world.scheduler.now(),
    'ledger',
    [order.id],
    () => `has number ${memory.effect}`,
  );
  const result = { ledger: memory.effect, of: order.metadata };
  return { kind: 'produced', orderNumber: memory.effect as number, result };
}

/** An order that is handed over again has the number that it has. */
function takeEffect(world: World, { id, customer }: ClaimedOrder): void {
  const memory = world.model.orders.get(id) as OrderMemory;
  world.effects += memory.effect === undefined ? 1 : 0;
  memory.effect ??= world.effects;
  memory.effectOf ??= customer;
  memory.isErasedThere = false;
}
