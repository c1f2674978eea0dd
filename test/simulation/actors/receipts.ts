import type { Receipt } from '../../../lib/contract/schemas.ts';
import type { SubmitOutcome, SubmittedOrder } from '../../../lib/intake/submit-orders.ts';
import { withContent } from '../../../lib/orders/content.ts';
import { formatInstant } from '../../../lib/orders/instant.ts';
import type { Submission } from '../../../lib/orders/submission.ts';
import { erasedFrom } from '../../../lib/store/erased-record.ts';
import { headOf } from '../../../lib/store/order-record.ts';
import type { OrderMemory } from '../model.ts';
import type { PlannedOrder } from '../plan.ts';
import { submissionIn } from '../records.ts';
import { Violation } from '../violation.ts';
import type { World } from '../world.ts';

const RETRY_AFTER_S_MAX = 60;

export interface Answered {
  readonly orders: readonly PlannedOrder[];
  readonly requests: readonly SubmittedOrder[];
  /** What their clients had been told before. */
  readonly receipts: readonly (string | undefined)[];
  /** What was stored as they asked. */
  readonly records: readonly (string | undefined)[];
  readonly outcomes: readonly SubmitOutcome[];
}

/** A client that is refused is told when to come back. */
export function checkRefusal({ plan }: World, retryAfterS: number): void {
  const isBounded = retryAfterS >= 1 && retryAfterS <= RETRY_AFTER_S_MAX;
  if (!isBounded) throw new Violation(`a client is told to come back in ${retryAfterS} s`);
  if (plan.orders.length <= plan.queueMax) throw new Violation('a client is refused for no reason');
}

/** A client is told the same for the same key, and what it is told is what the store holds. */
export function checkOutcomes(world: World, who: string, answered: Answered): void {
  const { orders, requests, receipts, records, outcomes } = answered;
  if (outcomes.length !== requests.length) throw new Violation('a batch is answered in part');
  for (const [at, { id }] of orders.entries()) {
    const outcome = outcomes[at] as SubmitOutcome;
    const told = JSON.stringify(outcome);
    world.history.note(world.scheduler.now(), who, [id], () => `answers its client: ${told}`);
    const memory = world.model.orders.get(id) as OrderMemory;
    memory.isRefused = outcome.kind === 'out-of-stock' || outcome.kind === 'over-limit';
    const { submission } = requests[at] as SubmittedOrder;
    if (!memory.isRefused) checkOutcome(world, id, { submission, outcome, before: records[at] });
    else if (memory.receipt !== undefined && memory.receipt === receipts[at])
      throw new Violation('the repeat of an order is refused for stock', id);
  }
}

interface Told {
  readonly submission: Submission;
  readonly outcome: SubmitOutcome;
  readonly before: string | undefined;
}

function checkOutcome(world: World, id: string, { submission, outcome, before }: Told): void {
  const memory = world.model.orders.get(id);
  const { record } = world.state().orders.get(id) ?? {};
  if (memory === undefined) throw new Violation(`a client is answered for ${id}`);
  if (outcome.kind === 'erased' || outcome.kind === 'replaced') {
    if (memory.changes === 0) throw new Violation(`an order is ${outcome.kind} by nobody`, id);
    return;
  }
  // It may be forgotten by now, or a script was torn after it, whose repeat takes it in again.
  if (record === undefined && (world.model.wasTorn || memory.accepted === 0)) return;
  if (record === undefined)
    throw new Violation('an order is lost that its client has a receipt for', id);
  if (erasedFrom(record) !== undefined) {
    if (record === before) throw new Violation(`an erased order is ${outcome.kind}`, id);
    return;
  }
  const isSame = submissionIn(record).customer === submission.customer;
  // It was this order until it was replaced, perhaps only since its client was answered.
  const wasSame = headOf(id, record).replaced.includes(withContent(submission).fingerprint);
  if (outcome.kind === 'key-reused') {
    if (isSame) throw new Violation('the repeat of an order is refused as another order', id);
    return;
  }
  if (outcome.kind === 'no-room') {
    const isNarrow = outcome.where === 'queue' && world.plan.orders.length > world.plan.queueMax;
    if (!isNarrow) throw new Violation(`there is no room in the ${outcome.where}`, id);
    return;
  }
  if (!('receipt' in outcome)) throw new Violation(`an order is ${outcome.kind} that is not`, id);
  if (wasSame && record === before) throw new Violation(`a replaced order is ${outcome.kind}`, id);
  if (!isSame && !wasSame)
    throw new Violation(`another order under the same key is ${outcome.kind}`, id);
  const receipt = JSON.stringify(outcome.receipt);
  memory.receipt ??= receipt;
  if (receipt !== memory.receipt) throw new Violation('a client is told two different things', id);
  if (isSame) checkReceipt(id, submission, headOf(id, record).acceptedAtMs, outcome.receipt);
  if (outcome.kind === 'accepted') {
    memory.acceptedTold += 1;
    if (memory.acceptedTold > 1) throw new Violation('an order is said to be new twice', id);
  }
}

function checkReceipt(id: string, submission: Submission, acceptedAtMs: number, receipt: Receipt) {
  const isLater = (submission.produceAtMs ?? 0) > acceptedAtMs;
  const { id: toldId, status, customer, totalAmount, acceptedAt } = receipt;
  const told = [toldId, status, customer, totalAmount, acceptedAt];
  const must = [
    ...[id, isLater ? 'scheduled' : 'queued', submission.customer, submission.totalAmount],
    formatInstant(acceptedAtMs),
  ];
  if (`${told}` !== `${must}`) throw new Violation(`a client is told ${told}, not ${must}`, id);
}
