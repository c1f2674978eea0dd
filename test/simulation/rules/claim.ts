import { isAloneName } from '../../../lib/store/claim.ts';
import type { Model } from '../model.ts';
import type { Plan } from '../plan.ts';
import { chunks, isGivenBack, type Step } from '../steps.ts';
import { Violation } from '../violation.ts';
import { orderOf } from './orders.ts';

/** Which orders a claim takes is its own choice within rules; what that makes of them is not. */
export function checkClaim(step: Step, model: Model, plan: Plan): void {
  const { before, after, answer, args } = step;
  const [token, flat] = answer as [number, (string | number)[], string[]];
  const orders = chunks(flat, 3) as [string, number, number][];
  const [ordersMax, now, leaseEndMs, holder, , , , , ...clients] = args;
  const nowMs = Number(now);
  if (Number(leaseEndMs) !== nowMs + plan.leaseMs)
    throw new Violation('a lease has another length');
  if (orders.length > Number(ordersMax)) throw new Violation('a claim takes more than it may');
  const mustToken = orders.length === 0 ? 0 : before.fence + orders.length;
  if (token !== mustToken || after.fence !== before.fence + orders.length) {
    throw new Violation(`a claim of ${orders.length} orders answers the token ${token}`);
  }
  for (const [id, at, claims] of orders) {
    const { was, is } = orderOf(id, step, model);
    const client = clients[at - 1];
    const isDue = was.places.some(
      ({ kind, of, atMs }) => kind === 'pending' && of === client && atMs <= nowMs,
    );
    const isPopped = !isDue && was.places.some(({ kind, of }) => kind === 'queue' && of === client);
    if (!isDue && !isPopped)
      throw new Violation('an order is claimed before its time, or while it is leased', id);
    const earlier = isDue ? Number(was.owner?.split(':')[1] ?? 0) : 0;
    if (claims !== earlier + 1 && was.places.length === 1)
      throw new Violation(`a claim counts ${claims} after ${earlier}`, id);
    if (is.owner !== `${token}:${claims}:${holder}`)
      throw new Violation(`is owned by ${is.owner}`, id);
    const lease = is.places.find(({ kind, of }) => kind === 'pending' && of === client);
    if (lease?.atMs !== Number(leaseEndMs))
      throw new Violation('a claim leases without an end', id);
    if (was.owner && orders.length > 1 && isAloneName(client ?? '')) {
      throw new Violation('an order that may kill its drain is not claimed alone', id);
    }
  }
  const taken = new Set(orders.map(([id]) => id));
  checkQueueEnds(step, clients);
  checkShares(step, taken, clients);
  checkTurns(step, model, taken, clients);
  for (const [n, [id]] of orders.entries()) {
    const { memory } = orderOf(id, step, model);
    memory.turn = before.fence + n;
  }
}

/** Ids leave a queue at its tail only: first in, first out. */
function checkQueueEnds({ before, after }: Step, clients: readonly string[]): void {
  for (const [client, queue] of before.queues) {
    const left = after.queues.get(client) ?? [];
    const mayLeave = clients.includes(client);
    if (
      `${queue.slice(0, left.length)}` !== `${left}` ||
      (!mayLeave && left.length < queue.length)
    ) {
      throw new Violation(`a claim takes from the queue of ${client} what is not at its tail`);
    }
  }
}

/** Each client gets its share, and of a client neither the due nor the queued starve the others. */
function checkShares(step: Step, taken: ReadonlySet<string>, clients: readonly string[]): void {
  const { before, args } = step;
  const [ordersMax, nowMs] = args.map(Number) as [number, number];
  for (const client of clients) {
    const ready = (kind: 'queue' | 'pending') =>
      [...before.orders].flatMap(([id, { places }]) =>
        places
          .filter((place) => place.kind === kind && place.of === client && place.atMs <= nowMs)
          .map((place) => ({ id, ...place, isTwice: places.length > 1 })),
      );
    const [queued, due] = [ready('queue'), ready('pending')];
    const count = (list: { id: string }[]) => list.filter(({ id }) => taken.has(id)).length;
    const [ofQueued, ofDue] = [count(queued), count(due)];
    const isReady = queued.length + due.length > 0;
    if (isReady && ofQueued + ofDue === 0 && clients.length <= ordersMax) {
      throw new Violation(`a claim leaves ${client} without its share`);
    }
    if ([...queued, ...due].some(({ isTwice }) => isTwice)) continue;
    const isBack = due.some(isGivenBack);
    if (ofDue >= 2 && queued.length > 0 && ofQueued === 0 && !isBack) {
      throw new Violation('due orders starve those that are queued', queued[0]?.id);
    }
    if (ofQueued >= 2 && due.length > 0 && ofDue === 0) {
      throw new Violation('queued orders starve those that are due', due[0]?.id);
    }
    const sorted = due.sort((a, b) => a.atMs - b.atMs || (a.id < b.id ? -1 : 1));
    const passed = sorted.slice(0, ofDue).find(({ id }) => !taken.has(id));
    if (passed) throw new Violation('a claim passes over what has been due longest', passed.id);
  }
}

/** What was given back is claimed before all others of its client, in the order of its claim before. */
function checkTurns(
  step: Step,
  model: Model,
  taken: ReadonlySet<string>,
  clients: readonly string[],
): void {
  for (const client of clients) {
    const waiting = [...step.before.orders].flatMap(([id, { places }]) => {
      const here = places.filter(({ kind, of }) => of === client && kind !== 'ended');
      const isBack = here.length === 1 && here.some(isGivenBack);
      return here.length === 0 ? [] : [{ id, isBack, turn: orderOf(id, step, model).memory.turn }];
    });
    const back = waiting.filter(({ isBack }) => isBack).sort((a, b) => a.turn - b.turn);
    const left = back.findIndex(({ id }) => !taken.has(id));
    const later = left === -1 ? [] : back.slice(left + 1);
    const others = left === -1 ? [] : waiting.filter(({ isBack }) => !isBack);
    const passed = [...later, ...others].find(({ id }) => taken.has(id));
    if (passed) throw new Violation('an order passes one that was given back', passed.id);
  }
}
