import type { Order } from '../../../lib/orders/order.ts';
import { StoreUnavailable } from '../../../lib/queue/errors.ts';
import { readStore } from '../../../lib/redis/read-store.ts';
import { Violation } from '../violation.ts';
import type { World } from '../world.ts';

const READS = 2;

/** Clients look at their orders, and operators at the counts. */
export function startReaders(world: World): void {
  const { plan, random, scheduler } = world;
  for (let count = 0; count < READS; count += 1) {
    const { id } = random.pick(plan.orders);
    scheduler.at(plan.startMs + random.whole(0, plan.stormMs), () => void read(world, id));
  }
}

async function read(world: World, id: string): Promise<void> {
  const process = world.start('read');
  const store = readStore(world.connect(process, 1_200), world.keys);
  try {
    const nowMs = process.clock.now();
    // What it reads is what the store held at some moment while it asked.
    const seen = new Set([summaryOf(world, id, nowMs)]);
    const forget = world.onStep(() => seen.add(summaryOf(world, id, nowMs)));
    const order = await store.read(id, nowMs).finally(forget);
    const told = summary(order);
    if (!seen.has(told)) {
      throw new Violation(
        `a reader is told ${told}, and the store held ${[...seen].join(' or ')}`,
        id,
      );
    }
    await store.counts(nowMs);
  } catch (error) {
    if (!(error instanceof StoreUnavailable)) world.fail(error);
  }
}

function summary(order: Order | undefined): string {
  if (order === undefined) return 'no order';
  const { status, attempts, client, customer, totalAmount, acceptedAtMs, orderNumber } = order;
  return `${[status, attempts, client, customer, totalAmount, acceptedAtMs, orderNumber ?? '']}`;
}

function summaryOf(world: World, id: string, nowMs: number): string {
  const state = world.state().orders.get(id);
  const fields = state?.fields;
  if (state === undefined || fields === undefined) return 'no order';
  const [, attempt] = state.owner?.split(':') ?? [];
  const isDue = fields.status === 'scheduled' && Number(fields.produceAtMs) <= nowMs;
  const status = attempt !== undefined ? 'producing' : isDue ? 'queued' : fields.status;
  const { client, customer, totalAmount, acceptedAtMs, orderNumber } = fields;
  return `${[status, attempt ?? fields.attempts, client, customer, totalAmount, acceptedAtMs, orderNumber ?? '']}`;
}
