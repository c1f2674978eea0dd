import { wrongPlace } from './invariants.ts';
import type { Model, OrderMemory } from './model.ts';
import { HOSTILE, type Plan } from './plan.ts';
import { checkStockAtEnd } from './rules/stock.ts';
import type { StoredState, StoreState } from './state.ts';
import { Violation } from './violation.ts';

/** Once all is well and drained, every order has ended, once, in one place, and rightly. */
export function checkEnd(state: StoreState, model: Model, plan: Plan): void {
  const numbers = new Map<number, string>();
  for (const [id, order] of state.orders) {
    const memory = model.orders.get(id) as OrderMemory;
    if (order.record === undefined && memory.isRefused && order.places.length === 0) continue;
    if (order.record === undefined)
      throw new Violation('an order is lost, or was never taken in', id);
    const wrong = wrongPlace(order, memory.planned.client);
    if (wrong !== undefined) throw new Violation(`at the end ${wrong}`, id);
    checkOutcome(id, order, memory, plan);
    const number = order.state?.orderNumber;
    if (number === undefined) continue;
    const isTaken = number >= 1 && number <= state.number;
    if (plan.produces === 'order-numbers' && !isTaken)
      throw new Violation(`number ${number} was never taken`, id);
    if (numbers.has(number)) throw new Violation(`order number ${number} is given out twice`, id);
    numbers.set(number, id);
  }
  checkStockAtEnd(state);
}

/**
 * An honest order ends in time whatever a hostile client sends: within two drains more than without its
 * killing orders, however many they are.
 */
export function checkHonest(state: StoreState, model: Model): void {
  for (const [id, { state: own, places }] of state.orders) {
    const { planned, accepted } = model.orders.get(id) as OrderMemory;
    if (planned.client === HOSTILE || accepted === 0) continue;
    const hasEnded = places.every(({ kind }) => kind === 'ended' || kind === 'dead');
    if (!hasEnded) {
      throw new Violation(
        `an honest order waits for killing ones (${own?.status ?? 'queued'})`,
        id,
      );
    }
  }
}

function checkOutcome(id: string, { state, places }: StoredState, memory: OrderMemory, plan: Plan) {
  const { status = 'waiting', attempts = 0, orderNumber, segment } = state ?? {};
  const isOver = status === 'produced' || status === 'dead' || segment !== undefined;
  if (!isOver) {
    const where = places.map(({ kind, of }) => `${kind} of ${of}`);
    throw new Violation(
      `an order is stuck: it is ${status}, in ${where}, although all is drained`,
      id,
    );
  }
  if (state?.isErased) {
    if (places[0]?.kind !== 'ended') throw new Violation('an erased order does not end', id);
    return;
  }
  const { effect, handed } = memory;
  if (status === 'produced' && plan.produces !== 'order-numbers') {
    if (effect === undefined) throw new Violation('an order is produced and has no effect', id);
    if (orderNumber !== effect) {
      throw new Violation(`the ledger has number ${effect}, the order ${orderNumber}`, id);
    }
  }
  if (status === 'produced' && orderNumber === undefined) {
    throw new Violation('an order is produced without a number', id);
  }
  if (status !== 'canceled' && handed.size > attempts) {
    throw new Violation(`handed over ${handed.size} times, an order tells of ${attempts}`, id);
  }
  if (status === 'dead' && !memory.wasRejected && attempts < plan.attemptsMax) {
    throw new Violation(`an order is dead after ${attempts} of ${plan.attemptsMax} attempts`, id);
  }
  if (memory.accepted !== 1)
    throw new Violation(`an order was taken in ${memory.accepted} times`, id);
}
