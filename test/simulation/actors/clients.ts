import { knowledgeOf } from '../../../lib/intake/intake.ts';
import { soldOut } from '../../../lib/intake/sold-out.ts';
import {
  type Intake,
  type IntakeAnswer,
  type SubmitOutcome,
  type SubmittedOrder,
  submitOrders,
} from '../../../lib/intake/submit-orders.ts';
import { NO_METRICS } from '../../../lib/metrics/metrics.ts';
import { formatInstant } from '../../../lib/orders/instant.ts';
import { StoreUnavailable } from '../../../lib/store/errors.ts';
import { limits } from '../../support/limits.ts';
import type { OrderMemory } from '../model.ts';
import type { Plan, PlannedOrder } from '../plan.ts';
import { submissionIn } from '../records.ts';
import { Violation } from '../violation.ts';
import type { World } from '../world.ts';

const REQUEST_MS_MAX = 10_000;
const RETRY_AFTER_S_MAX = 60;

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
  submitOrders(intake, client, requests, nowMs)
    .then((answer) => {
      if (answer.kind === 'refused') checkRefusal(world, answer.retryAfterS);
      else
        checkOutcomes(world, process.name, {
          orders,
          requests,
          receipts,
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

interface Answered {
  readonly orders: readonly PlannedOrder[];
  readonly requests: readonly SubmittedOrder[];
  /** What their clients had been told before. */
  readonly receipts: readonly (string | undefined)[];
  readonly outcomes: readonly SubmitOutcome[];
}

function checkRefusal({ plan }: World, retryAfterS: number): void {
  const isBounded = retryAfterS >= 1 && retryAfterS <= RETRY_AFTER_S_MAX;
  if (!isBounded) throw new Violation(`a client is told to come back in ${retryAfterS} s`);
  if (plan.orders.length <= plan.queueMax) throw new Violation('a client is refused for no reason');
}

/** A client is told the same for the same key, and what it is told is what the store holds. */
function checkOutcomes(world: World, who: string, answered: Answered): void {
  const { orders, requests, receipts, outcomes } = answered;
  if (outcomes.length !== requests.length) throw new Violation('a batch is answered in part');
  for (const [at, { id }] of orders.entries()) {
    const outcome = outcomes[at] as SubmitOutcome;
    const told = JSON.stringify(outcome);
    world.history.note(world.scheduler.now(), who, [id], () => `answers its client: ${told}`);
    const memory = world.model.orders.get(id) as OrderMemory;
    memory.isRefused = outcome.kind === 'out-of-stock' || outcome.kind === 'over-limit';
    if (!memory.isRefused) checkOutcome(world, id, requests[at] as SubmittedOrder, outcome);
    else if (memory.receipt !== undefined && memory.receipt === receipts[at])
      throw new Violation('the repeat of an order is refused for stock', id);
  }
}

function checkOutcome(
  world: World,
  id: string,
  { submission }: SubmittedOrder,
  outcome: SubmitOutcome,
) {
  const memory = world.model.orders.get(id);
  const { record } = world.state().orders.get(id) ?? {};
  if (memory === undefined) throw new Violation(`a client is answered for ${id}`);
  // It may be forgotten by now, or a script was torn after it, whose repeat takes it in again.
  if (record === undefined && (world.model.wasTorn || memory.accepted === 0)) return;
  if (record === undefined)
    throw new Violation('an order is lost that its client has a receipt for', id);
  const { acceptedAtMs } = JSON.parse(record) as { acceptedAtMs: number };
  const isSame = submissionIn(record).customer === submission.customer;
  if (outcome.kind === 'key-reused') {
    if (isSame) throw new Violation('the repeat of an order is refused as another order', id);
    return;
  }
  if (outcome.kind === 'no-room')
    throw new Violation(`there is no room in the ${outcome.where}`, id);
  if (!('receipt' in outcome)) throw new Violation(`an order is ${outcome.kind} that is not`, id);
  if (!isSame) throw new Violation(`another order under the same key is ${outcome.kind}`, id);
  const isLater = (submission.produceAtMs ?? 0) > acceptedAtMs;
  const { id: toldId, status, customer, totalAmount, acceptedAt } = outcome.receipt;
  const told = [toldId, status, customer, totalAmount, acceptedAt];
  const must = [
    ...[id, isLater ? 'scheduled' : 'queued', submission.customer, submission.totalAmount],
    formatInstant(acceptedAtMs),
  ];
  const receipt = JSON.stringify(outcome.receipt);
  memory.receipt ??= receipt;
  if (receipt !== memory.receipt) throw new Violation('a client is told two different things', id);
  if (`${told}` !== `${must}`) throw new Violation(`a client is told ${told}, not ${must}`, id);
  if (outcome.kind === 'accepted') {
    memory.acceptedTold += 1;
    if (memory.acceptedTold > 1) throw new Violation('an order is said to be new twice', id);
  }
}
