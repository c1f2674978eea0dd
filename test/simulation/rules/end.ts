import type { Model, OrderMemory } from '../model.ts';
import type { Plan } from '../plan.ts';
import type { OrderState, StoreState } from '../state.ts';
import { Violation } from '../violation.ts';

/** Once all is well and drained, every order has ended, once, in one place, and rightly. */
export function checkEnd(state: StoreState, model: Model, plan: Plan): void {
  const numbers = new Map<string, string>();
  for (const [id, order] of state.orders) {
    const memory = model.orders.get(id) as OrderMemory;
    checkEnded(id, order, memory);
    checkOutcome(id, order, memory, plan);
    const number = order.fields?.orderNumber;
    if (number === undefined) continue;
    if (
      plan.behind === 'order-numbers' &&
      !(Number(number) >= 1 && Number(number) <= state.number)
    ) {
      throw new Violation(`order number ${number} was never taken`, id);
    }
    if (numbers.has(number)) throw new Violation(`order number ${number} is given out twice`, id);
    numbers.set(number, id);
  }
}

function checkEnded(
  id: string,
  { fields, owner, queued, dueAtMs }: OrderState,
  memory: OrderMemory,
) {
  if (fields === undefined) {
    throw new Violation(memory.receipt ? 'an order is lost' : 'an order was never taken in', id);
  }
  const { status } = fields;
  if (status === 'queued' || status === 'scheduled') {
    throw new Violation(`an order is stuck: it is ${status} although all is drained`, id);
  }
  if (queued > 0 || dueAtMs !== undefined || owner !== undefined) {
    throw new Violation(`an order that is ${status} still waits to be produced`, id);
  }
}

function checkOutcome(id: string, { fields }: OrderState, memory: OrderMemory, plan: Plan) {
  const { status, attempts, orderNumber } = fields ?? {};
  const { effect, wasCutOff } = memory;
  const isUnnumbered = orderNumber === undefined && wasCutOff;
  if (status === 'produced' && plan.behind !== 'order-numbers') {
    if (effect === undefined) throw new Violation('an order is produced and has no effect', id);
    if (orderNumber !== String(effect) && !isUnnumbered) {
      throw new Violation(`${plan.behind} has number ${effect}, the order ${orderNumber}`, id);
    }
  }
  if (status === 'produced' && orderNumber === undefined && !isUnnumbered) {
    throw new Violation('an order is produced without a number', id);
  }
  if (memory.isDamaged) return;
  if (Number(attempts) !== memory.attempts) {
    throw new Violation(`claimed ${memory.attempts} times, an order tells of ${attempts}`, id);
  }
  if (status === 'dead' && !memory.wasRejected && memory.attempts !== plan.attemptsMax) {
    throw new Violation(`an order is dead after ${attempts} of ${plan.attemptsMax} attempts`, id);
  }
  const wasTaken = memory.accepted === 1;
  if (!wasTaken) throw new Violation(`an order was taken in ${memory.accepted} times`, id);
}
