import { knowledgeOf } from '../../../lib/intake/intake.ts';
import { soldOut } from '../../../lib/intake/sold-out.ts';
import {
  type Intake,
  type IntakeAnswer,
  type SubmittedOrder,
  submitOrders,
} from '../../../lib/intake/submit-orders.ts';
import { NO_METRICS } from '../../../lib/metrics/metrics.ts';
import { StoreUnavailable } from '../../../lib/store/errors.ts';
import { limits } from '../../support/limits.ts';
import type { Plan, PlannedOrder } from '../plan.ts';
import { Violation } from '../violation.ts';
import type { World } from '../world.ts';
import { checkOutcomes, checkRefusal } from './receipts.ts';

const REQUEST_MS_MAX = 10_000;

/** What all instances of the intake know of its clients. */
type Known = ReturnType<typeof knowledgeOf> & Pick<Intake, 'soldOut'>;

function knownOf({ stock }: Plan, queueMax: number): Known {
  const soldOutMs = stock?.soldOutMs ?? 0;
  return { ...knowledgeOf(limits({ queueMax })), soldOut: stock && soldOut(soldOutMs) };
}

/** Clients submit, alone or in batches, and repeat until they are answered, and at times after. */
export function startClients(world: World): void {
  const { plan, random, scheduler } = world;
  const known = knownOf(plan, plan.queueMax);
  let waiting = [...plan.orders];
  while (waiting.length > 0) {
    const count = random.chance(0.3) ? random.whole(1, waiting.length) : 1;
    const [first] = waiting;
    const own = waiting.filter(({ client }) => client === first?.client);
    const orders = own.slice(0, count);
    waiting = waiting.filter((order) => !orders.includes(order));
    const atMs = plan.startMs + random.whole(0, random.pick([1_000, plan.stormMs * 0.8]));
    scheduler.at(atMs, () => void submitUntilAnswered(world, orders, known));
  }
  for (let repeats = random.whole(0, 2); repeats > 0; repeats -= 1) {
    const atMs = plan.startMs + random.whole(0, plan.stormMs);
    const { client } = random.pick(plan.orders);
    const orders = plan.orders.filter((one) => one.client === client && random.chance(0.5));
    scheduler.at(atMs, () => void submitUntilAnswered(world, orders, known));
  }
}

/** Once all is well, every client asks once more for what it may not have been answered for. */
export async function submitAllAgain(world: World): Promise<void> {
  const known = knownOf(world.plan, Number.MAX_SAFE_INTEGER);
  for (const client of new Set(world.plan.orders.map((order) => order.client))) {
    const orders = world.plan.orders.filter((order) => order.client === client);
    const answer = await submitOnce(world, orders, known, (order) => order.bodies[0]);
    if (answer?.kind !== 'answered') throw new Violation('submit is refused although all is well');
  }
}

async function submitUntilAnswered(
  world: World,
  orders: readonly PlannedOrder[],
  known: Known,
): Promise<void> {
  const { random, scheduler } = world;
  const bodyOf = (order: PlannedOrder) => random.pick(order.bodies);
  const answer = await submitOnce(world, withRepeats(world, orders), known, bodyOf);
  const isAnswered = answer?.kind === 'answered' && !random.chance(0.1);
  if (isAnswered || !world.isStorm()) return;
  scheduler.at(scheduler.now() + random.whole(50, 20_000), () => {
    void submitUntilAnswered(world, orders, known);
    return undefined;
  });
}

/** A client may have one order twice in a batch. */
function withRepeats({ random }: World, orders: readonly PlannedOrder[]): readonly PlannedOrder[] {
  return orders.length > 0 && random.chance(0.1) ? [...orders, random.pick(orders)] : orders;
}

/**
 * Has a function take orders in.
 *
 * @returns nothing where the client got no answer
 */
function submitOnce(
  world: World,
  orders: readonly PlannedOrder[],
  known: Known,
  bodyOf: (order: PlannedOrder) => PlannedOrder['bodies'][number] | undefined,
): Promise<IntakeAnswer | undefined> {
  const { scheduler } = world;
  const process = world.start('submit');
  const requests = orders.map((order): SubmittedOrder => {
    const submission = bodyOf(order);
    if (submission === undefined) throw new Error('An order is planned without a body');
    return { idempotencyKey: order.idempotencyKey, submission };
  });
  const store = world.connect(process, 1_200);
  const client = orders[0]?.client ?? '';
  const intake = { store, metrics: NO_METRICS, ...known };
  const answered = Promise.withResolvers<IntakeAnswer | undefined>();
  const giveUp = scheduler.at(scheduler.now() + REQUEST_MS_MAX, () => {
    answered.resolve(undefined);
    return undefined;
  });
  const nowMs = process.clock.now();
  const receipts = orders.map(({ id }) => world.model.orders.get(id)?.receipt);
  const records = orders.map(({ id }) => world.state().orders.get(id)?.record);
  submitOrders(intake, client, requests, nowMs)
    .then((answer) => {
      if (answer.kind === 'refused') checkRefusal(world, answer.retryAfterS);
      else
        checkOutcomes(world, process.name, {
          ...{ orders, requests, receipts, records },
          outcomes: answer.outcomes,
        });
      answered.resolve(answer);
    })
    .catch((error: unknown) => {
      if (!(error instanceof StoreUnavailable)) world.fail(error);
      answered.resolve(undefined);
    })
    .finally(giveUp);
  return answered.promise;
}
