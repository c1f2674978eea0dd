import { aloneOf } from '../../lib/store/claim.ts';
import { segmentName } from '../../lib/store/keys.ts';
import type { Model, OrderMemory } from './model.ts';
import type { Plan } from './plan.ts';
import { checkErased, isErased } from './rules/changes.ts';
import { checkStock } from './rules/stock.ts';
import type { Place, StoredState, StoreState } from './state.ts';
import { idsIn, type Step } from './steps.ts';
import { Violation } from './violation.ts';

/** How far the clocks of two processes may be apart, where they do not jump. */
const SKEW_MS = { exact: 0, skewed: 1_200_000, jumping: Number.POSITIVE_INFINITY };

/**
 * What holds after every step, whatever it was: each accepted order is in exactly one place, and that
 * is the one that its state tells. An order that a torn script was about to move may be in two, its
 * old place and its new one, until the next drain has completed the move.
 *
 * @throws Violation
 */
export function checkInvariants(step: Step, model: Model, plan: Plan): void {
  const { after, before } = step;
  for (const [id, order] of after.orders) {
    const memory = model.orders.get(id) as OrderMemory;
    const wrong = wrongPlace(order, memory.planned.client);
    if (wrong === undefined) Object.assign(memory, { isTorn: false, isStranded: false });
    else if (!memory.isTorn) throw new Violation(wrong, id);
    else if (order.places.length === 0 && order.record !== undefined && !memory.isStranded) {
      throw new Violation('a torn script leaves an order in no place', id);
    }
  }
  if (after.strangers.length > 0) throw new Violation('the store has ids that nobody submitted');
  checkEnded(step);
  checkLooks(step, model, plan);
  checkQueues(after, model);
  checkStock(step, model);
  if (plan.changes !== undefined) checkErased(after, model);
  if (!model.wasTorn) {
    checkTotals(after);
    checkEvents(before, after, plan);
  }
}

/** What is wrong with where an order is. */
export function wrongPlace(order: StoredState, client: string): string | undefined {
  const { record, state, owner, places } = order;
  const where = places.map(({ kind, of }) => `${kind} of ${of}`).join(' and ') || 'no place';
  if (record === undefined) {
    if (places.length > 0 || owner !== undefined) return `an order without a record is in ${where}`;
    return state === undefined ? undefined : 'an order has a state and no record';
  }
  const [place] = places;
  if (places.length !== 1 || place === undefined) return `an order is in ${where}`;
  const status = state?.status ?? 'waiting';
  const must = placesFor(order);
  if (!must.includes(place.kind)) return `an order that is ${status} is in ${where}`;
  const whose = whoseMust(place, order, client);
  if (place.of !== whose) return `an order is in ${where}, not of ${whose}`;
  if (owner !== undefined && place.kind !== 'pending') return `a leased order is in ${where}`;
  const isOver = status === 'produced' || (status === 'canceled' && state?.segment !== undefined);
  if (isErased(order) && place.kind === 'pending') return undefined;
  return isOver && owner !== undefined ? `an order that is ${status} is leased` : undefined;
}

function placesFor({ state }: StoredState): Place['kind'][] {
  if (state?.status === 'dead') return ['dead'];
  // What was erased is on its way to where it was, by a drain that has it erased downstream.
  if (state?.status === 'produced') return state.isErased ? ['ended', 'pending'] : ['ended'];
  // What a cancel has marked stays where it was until a drain moves it.
  if (state?.status === 'canceled' && state.segment !== undefined) return ['ended'];
  return ['queue', 'pending'];
}

function whoseMust({ kind, of }: Place, { state }: StoredState, client: string): string {
  if (kind === 'ended') return segmentName(client, state?.segment ?? -1);
  if (kind !== 'pending') return client;
  const mayBeAlone =
    state?.isAlone === true || (state?.status === 'canceled' && of === aloneOf(client));
  return mayBeAlone ? aloneOf(client) : client;
}

/** No state of an ended order ever changes; a dead one is only redriven, or canceled by an admin. */
function checkEnded({ name, before, after }: Step): void {
  for (const [id, was] of before.orders) {
    const is = after.orders.get(id) as StoredState;
    if (is === was) continue;
    const isForgotten = name === 'forget' && is.record === undefined;
    const isChanged =
      is.record !== undefined && !isErased(was) && (name === 'erase' || name === 'replace');
    if (was.record !== undefined && is.record !== was.record && !isForgotten && !isChanged) {
      throw new Violation(is.record ? 'a record changes' : `${name} removes a record`, id);
    }
    if (isForgotten || is.text === was.text) continue;
    const { status, segment } = was.state ?? {};
    const mayChange =
      (status === 'canceled' && segment === undefined && is.state?.status === 'canceled') ||
      (status === 'dead' && (name === 'redrive' || name === 'cancel')) ||
      (name === 'replace' && status === 'canceled' && is.text === undefined) ||
      (isErased(is) && (name === 'erase' || is.state?.status === status)) ||
      (status !== 'produced' && status !== 'canceled' && status !== 'dead');
    if (!mayChange)
      throw new Violation(`${name} changes the state of an order that is ${status}`, id);
  }
}

/** Whoever has orders that are ready is looked at by now, and at the latest when the next one is due. */
function checkLooks({ name, nowMs, after }: Step, model: Model, plan: Plan): void {
  for (const [client, queue] of after.queues) {
    const due = [...after.orders.values()].flatMap(({ places }) =>
      places.filter(({ kind, of }) => kind === 'pending' && of === client).map(({ atMs }) => atMs),
    );
    const readyAtMs = queue.length > 0 ? 0 : Math.min(...due);
    const look = after.looks.get(client) ?? Number.POSITIVE_INFINITY;
    const latestMs = Math.max(readyAtMs, nowMs + SKEW_MS[plan.clocks]);
    if (look <= latestMs) model.tornClients.delete(client);
    else if (!model.tornClients.has(client)) {
      throw new Violation(`${name} hides ${client}: it is looked at in ${look - nowMs} ms`);
    }
  }
}

/** First in, first out: nobody passes another in a queue. What was claimed before is let in front. */
function checkQueues({ queues }: StoreState, { orders }: Model): void {
  for (const queue of queues.values()) {
    const memories = queue.map((id) => orders.get(id) as OrderMemory);
    const first = memories.filter(({ isTorn, wasClaimed }) => !isTorn && !wasClaimed);
    for (const [at, { seq, planned }] of first.entries()) {
      const next = first[at + 1];
      if (next && next.seq > seq) throw new Violation('an order passes another one', planned.id);
    }
  }
}

function checkTotals({ totals, orders }: StoreState): void {
  const all = [...orders.values()].flatMap(({ state, places }) =>
    // An erased one counts once more when it is where it was.
    state && !(state.isErased && state.status === 'produced' && places[0]?.kind !== 'ended')
      ? [state]
      : [],
  );
  const canceled = all.filter(({ status }) => status === 'canceled');
  const must = {
    produced: all.filter(({ status }) => status === 'produced').length,
    canceled: canceled.length,
    leaving: canceled.filter(({ segment }) => segment === undefined).length,
  };
  if (JSON.stringify(totals) !== JSON.stringify(must)) {
    throw new Violation(`order_totals say ${JSON.stringify(totals)}, not ${JSON.stringify(must)}`);
  }
}

/** One event for each order that has come to an end, and none for any other. */
function checkEvents(before: StoreState, after: StoreState, { isAnnounced }: Plan): void {
  const endOf = (order: StoredState | undefined) => {
    const { status, segment } = order?.state ?? {};
    const isEnd = status === 'produced' || status === 'dead' || segment !== undefined;
    return isEnd ? status : undefined;
  };
  const ended = [...after.orders].flatMap(([id, order]) => {
    const end = endOf(order);
    return end !== undefined && end !== endOf(before.orders.get(id)) ? [`${id}:${end}`] : [];
  });
  const fresh = after.events.slice(0, after.events.length - before.events.length);
  const told = fresh.map((event) => event.split(':').slice(0, 2).join(':'));
  if (`${told.sort()}` !== `${isAnnounced ? ended.sort() : ''}`) {
    throw new Violation(
      `${ended.join() || 'nothing'} ended, and ${told.join() || 'nothing'} is told`,
    );
  }
}

/** A script that failed in its middle: what it was about to move may be in two places. */
export function noteTear(step: Step, model: Model): void {
  const { before, after, name, args } = step;
  const changed = [...after.orders].filter(([id, is]) => isChanged(is, before.orders.get(id)));
  const stockOf = ({ stocks, skus }: StoreState) =>
    `${[...stocks.values()].map((one) => one.text)} ${skus}`;
  const isStockChanged = stockOf(before) !== stockOf(after);
  model.isStockTorn ||= isStockChanged || changed.length > 0;
  if (changed.length === 0 && !isStockChanged && before.looks.size === after.looks.size) return;
  model.wasTorn = true;
  for (const id of [...idsIn(step), ...changed.map(([one]) => one)]) {
    const memory = model.orders.get(id);
    if (memory === undefined) continue;
    memory.isTorn = true;
    memory.wasTorn = true;
    memory.isStranded ||= name === 'submit';
  }
  for (const client of after.queues.keys()) {
    const isMeant = args.includes(client) || name === 'settle' || name === 'cancel';
    if (isMeant) model.tornClients.add(client);
  }
}

function isChanged(is: StoredState, was: StoredState | undefined): boolean {
  return (
    JSON.stringify({ ...is, record: !!is.record }) !==
    JSON.stringify({ ...was, record: !!was?.record })
  );
}
