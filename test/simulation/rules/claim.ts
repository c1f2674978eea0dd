import { isDeepStrictEqual } from 'node:util';
import type { Expected } from '../expected.ts';
import type { Model, OrderMemory } from '../model.ts';
import type { OrderState } from '../state.ts';
import type { Step } from '../step.ts';
import { Violation } from '../violation.ts';

type Answer = [number, [string, number, (string | null)[]][], string[], string[], number];

interface Claiming {
  readonly step: Step;
  readonly expected: Expected;
  readonly model: Model;
  readonly nowMs: number;
  /** The due ids, the longest due first. */
  readonly due: readonly string[];
}

/** Which orders a claim takes is its own choice within rules; what that makes of them is not. */
export function checkClaim(step: Step, expected: Expected, model: Model) {
  const { args, before, after } = step;
  const [token, orders, dead, broken, more] = step.answer as Answer;
  const [ordersMax, , now, leaseEndMs, , , deadReason = '', holder = ''] = args;
  const nowMs = Number(now);
  const due = [...before.orders]
    .filter(([, { dueAtMs }]) => dueAtMs !== undefined && dueAtMs <= nowMs)
    .sort(([a, one], [b, other]) => Number(one.dueAtMs) - Number(other.dueAtMs) || (a < b ? -1 : 1))
    .map(([id]) => id);
  const claiming = { step, expected, model, nowMs, due };
  if (Number(leaseEndMs) !== nowMs + model.leaseMs) {
    throw new Violation(
      `a claim leases for ${Number(leaseEndMs) - nowMs} ms, not ${model.leaseMs}`,
    );
  }
  checkToken(token, orders.length, claiming);
  checkQueue(claiming);

  for (const [id, attempt, values] of orders) {
    checkReady(id, claiming);
    const { state, memory } = of(id, claiming);
    const previous = attemptsOf(state);
    if (attempt !== previous + 1) {
      throw new Violation(`a claim counts attempt ${attempt} after ${previous}`, id);
    }
    if (attempt > model.attemptsMax) throw new Violation(`a claim is attempt ${attempt}`, id);
    if (state.owner !== undefined && orders.length > 1) {
      throw new Violation('an order that may kill its drain is not claimed alone', id);
    }
    const fields = args.slice(9).map((field) => state.fields?.[field] ?? null);
    if (!isDeepStrictEqual(values, fields)) {
      throw new Violation(`a claim answers ${values}, where the hash holds ${fields}`, id);
    }
    memory.attempts += 1;
    if (memory.attempts !== attempt && !memory.isDamaged) {
      throw new Violation(`claimed ${memory.attempts} times, an order counts ${attempt}`, id);
    }
    memory.wasClaimed = true;
    const order = expected.order(id);
    order.dueAtMs = Number(leaseEndMs);
    order.owner = `${token}:${attempt}:${holder}`;
  }
  for (const id of dead) {
    checkReady(id, claiming);
    const { state, memory } = of(id, claiming);
    const attempts = attemptsOf(state);
    if (attempts < model.attemptsMax || (memory.attempts !== attempts && !memory.isDamaged)) {
      throw new Violation(`an order dies after ${memory.attempts} attempts`, id);
    }
    const order = expected.order(id);
    order.fields = {
      ...state.fields,
      ...{ status: 'dead', attempts: String(attempts), updatedAtMs: String(nowMs) },
      ...(state.owner && { lastErrorReason: deadReason, lastErrorAtMs: String(nowMs) }),
    };
    Object.assign(order, { deadAtMs: nowMs, dueAtMs: undefined, owner: undefined });
  }
  for (const id of broken) {
    if (of(id, claiming).state.fields !== undefined) {
      throw new Violation('a claim takes an order for broken that is whole', id);
    }
    Object.assign(expected.order(id), { dueAtMs: undefined, owner: undefined });
  }
  drop(claiming, [...orders.map(([id]) => id), ...dead, ...broken]);

  // One whose hash was lost and brought back may wait twice, and is taken once.
  const isTwice = [...before.orders.values()].some(
    ({ queued, dueAtMs }) => queued + (dueAtMs === undefined ? 0 : 1) > 1,
  );
  const takenDue = due.filter(
    (id) => after.orders.get(id)?.dueAtMs !== before.orders.get(id)?.dueAtMs,
  );
  if (!isTwice)
    checkChoice(
      claiming,
      orders.map(([id]) => id),
      takenDue,
    );
  const left = after.queue.length + due.length - takenDue.length;
  if (orders.length > Number(ordersMax)) throw new Violation('a claim takes more than it may');
  if ((more === 1) !== left > 0 && !isTwice) {
    throw new Violation(`a claim says ${more === 1 ? 'more' : 'no more'} where ${left} are left`);
  }
}

function of(id: string, { step, model }: Claiming): { state: OrderState; memory: OrderMemory } {
  const state = step.before.orders.get(id);
  const memory = model.orders.get(id);
  if (state === undefined || memory === undefined) throw new Violation(`a claim takes ${id}`);
  return { state, memory };
}

function attemptsOf({ owner, fields }: OrderState): number {
  return Number(owner?.split(':')[1] ?? fields?.attempts ?? 0);
}

function checkToken(token: number, orders: number, { step, expected, model }: Claiming) {
  if (orders === 0) {
    if (token !== 0) throw new Violation(`a claim of nothing takes the fencing token ${token}`);
    return;
  }
  if (token <= model.tokenMax && !model.isFenceDamaged) {
    throw new Violation(`the fencing token ${token} is given out after ${model.tokenMax}`);
  }
  model.tokenMax = Math.max(model.tokenMax, token);
  expected.fence = step.before.fence + 1;
  if (token !== expected.fence) throw new Violation(`a claim answers the fencing token ${token}`);
}

/** Ids leave the queue at its tail only: first in, first out. */
function checkQueue({ step: { before, after }, expected }: Claiming) {
  if (before.queue.slice(0, after.queue.length).join() !== after.queue.join()) {
    throw new Violation('a claim takes from the queue what is not at its tail');
  }
  expected.queue = [...after.queue];
}

/** Only what waits and whose time has come is claimed, or dies of its attempts. */
function checkReady(id: string, claiming: Claiming) {
  const { step, nowMs, due } = claiming;
  const { state, memory } = of(id, claiming);
  const status = state.fields?.status;
  if (status !== 'queued' && status !== 'scheduled') {
    throw new Violation(`a claim takes an order that is ${status ?? 'gone'}`, id);
  }
  const isPopped = step.before.queue.slice(step.after.queue.length).includes(id);
  if (!due.includes(id) && !isPopped) {
    throw new Violation('a claim takes an order before its time, or while it is leased', id);
  }
  if (isPopped && !due.includes(id) && state.owner !== undefined && state.dueAtMs !== undefined) {
    throw new Violation('a claim takes an order that is leased', id);
  }
  const produceAtMs = Number(state.fields?.produceAtMs ?? 0);
  const isFirst = !memory.wasClaimed && !memory.isDamaged;
  if (isFirst && status === 'scheduled' && produceAtMs > nowMs) {
    throw new Violation('an order is claimed before it may be produced', id);
  }
}

/** What is no longer live leaves the places where it waited, and no other order does. */
function drop({ step: { before, after }, expected, model, due }: Claiming, taken: string[]) {
  const popped = before.queue.slice(after.queue.length);
  for (const id of new Set([...due, ...popped])) {
    if (taken.includes(id)) continue;
    const state = before.orders.get(id);
    const is = after.orders.get(id);
    const isLive = state?.fields?.status === 'queued' || state?.fields?.status === 'scheduled';
    const isDropped = is?.dueAtMs === undefined && !after.queue.includes(id);
    if (isLive && isDropped) throw new Violation('a claim loses an order', id);
    if (isLive && popped.includes(id) && !model.orders.get(id)?.isDamaged) {
      throw new Violation('a claim takes an order from the queue and does not hand it out', id);
    }
    if (!isLive && is?.dueAtMs === undefined && is?.owner === undefined) {
      Object.assign(expected.order(id), { dueAtMs: undefined, owner: undefined });
    }
  }
}

/** The longest due come first, and neither the due nor the queued starve the others. */
function checkChoice(claiming: Claiming, ids: readonly string[], takenDue: readonly string[]) {
  const { step, due } = claiming;
  const { before, after } = step;
  if (due.slice(0, takenDue.length).join() !== takenDue.join()) {
    const id = due.find((one) => !takenDue.includes(one));
    throw new Violation('a claim passes over the order that has been due for longest', id);
  }
  const popped = before.queue.length - after.queue.length;
  const isIdle = popped === 0 && takenDue.length === 0;
  if (isIdle && (due.length > 0 || before.queue.length > 0)) {
    throw new Violation('a claim takes nothing although orders are ready', due[0]);
  }
  if (ids.length >= 2 && popped === 0 && before.queue.length > 0) {
    throw new Violation('due orders starve those that are queued', before.queue.at(-1));
  }
  if (ids.length >= 2 && takenDue.length === 0 && due.length > 0) {
    throw new Violation('queued orders starve those that are due', due[0]);
  }
}
