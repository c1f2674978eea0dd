import type { Submission } from '../../lib/orders/submission.ts';
import { submissionOf } from './bodies.ts';
import type { Plan, PlannedOrder } from './plan.ts';
import { randomFrom } from './random.ts';
import { wantingFew } from './stock-plan.ts';

/** How often clients replace orders and admins erase some. */
export interface ChangesPlan {
  readonly replaces: number;
  readonly erasures: number;
}

/** So many contents are made for each order, to take its place. */
const REPLACEMENTS = 3;

/** In every third seed, and in some more where stock is kept. It draws from chance of its own. */
export function withChanges(plan: Plan): Plan {
  const { seed, startMs, stormMs, stock } = plan;
  if (seed % 3 !== 2 && seed % 8 !== 1) return plan;
  const random = randomFrom(seed ^ 0x2545f491);
  const wanting = (one: Submission) => (stock === undefined ? one : wantingFew(one));
  const orders = plan.orders.map((order): PlannedOrder => {
    const marked = (one: Submission) => wanting({ ...one, metadata: { canary: canaryOf(order) } });
    const replacements = Array.from({ length: REPLACEMENTS }, (_, at) =>
      submissionOf(random, { startMs, stormMs }, `new-customer-${at}`),
    );
    return {
      ...order,
      bodies: order.bodies.map(marked),
      replacements: replacements.map(marked),
    };
  });
  const changes = { replaces: random.whole(0, 24), erasures: random.whole(0, 12) };
  return { ...plan, orders, changes };
}

/** Stands in every content of an order, and in nothing else: it must be nowhere once that was erased. */
export function canaryOf({ idempotencyKey }: Pick<PlannedOrder, 'idempotencyKey'>): string {
  return `canary of ${idempotencyKey}.`;
}
