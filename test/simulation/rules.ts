import { STORED_STATUSES } from '../../lib/orders/order.ts';
import { checkJustified } from './justify.ts';
import type { Model, OrderMemory } from './model.ts';
import type { Plan } from './plan.ts';
import type { StoredState } from './state.ts';
import { chunks, type Settled, type Step, settledIn } from './steps.ts';
import { Violation } from './violation.ts';

/**
 * What one step may do, by what it is. What must hold after any step is told in `invariants.ts`.
 *
 * @throws Violation
 */
export function checkStep(step: Step, model: Model, plan: Plan): void {
  noteClaims(step, model);
  if (step.name === 'submit') noteAccepted(step, model);
  if (step.error !== undefined) return;
  const rule = RULES[step.name];
  rule?.(step, model, plan);
}

type Rule = (step: Step, model: Model, plan: Plan) => void;

const RULES: Readonly<Record<string, Rule>> = {
  submit: checkSubmit,
  claim: checkClaim,
  settle: checkSettle,
  extend: checkExtend,
  cancel: checkCancel,
  redrive: checkRedrive,
  forget: checkForget,
};

function orderOf(id: string, { before, after }: Step, model: Model) {
  const [was, is, memory] = [before.orders.get(id), after.orders.get(id), model.orders.get(id)];
  if (was === undefined || is === undefined || memory === undefined) {
    throw new Violation(`nobody has submitted ${id}`);
  }
  return { was, is, memory };
}

/** A record that appears is an order that was accepted, also where its submit failed afterwards. */
function noteAccepted(step: Step, model: Model): void {
  for (const [id, { record }] of step.after.orders) {
    const { was, memory } = orderOf(id, step, model);
    if (record === undefined || was.record !== undefined) continue;
    memory.accepted += 1;
    if (memory.accepted > 1 && !memory.isDamaged) {
      throw new Violation('an order is taken in twice', id);
    }
    if (!memory.isDamaged) memory.claims = 0;
    model.accepted += 1;
    memory.seq = model.accepted;
  }
}

/** A new token in an order's owner is a claim of it, also where the claim failed afterwards. */
function noteClaims(step: Step, model: Model): void {
  for (const [id, { owner }] of step.after.orders) {
    const { was, memory } = orderOf(id, step, model);
    if (owner === undefined || owner === was.owner) continue;
    memory.claims += 1;
    memory.wasClaimed = true;
  }
}

/** An order is taken in once, whole, and under the name of its client. */
function checkSubmit(step: Step, model: Model): void {
  const [client = '', nowMs = '', , ...rest] = step.args;
  const [depth, answers] = step.answer as [number, string[]];
  let enqueued = 0;
  for (const [at, [id = '', dueAtMs = '', record]] of chunks(rest, 3).entries()) {
    const { was, is, memory } = orderOf(id, step, model);
    const told = answers[at] ?? '';
    if (was.record !== undefined) {
      if (told !== was.record.slice(0, 160))
        throw new Violation(`a known order is told ${told}`, id);
      continue;
    }
    if (told === 'full') continue;
    if (told !== '' || is.record !== record) throw new Violation('an order is not taken in', id);
    checkRecord(id, record as string, Number(nowMs), memory);
    const { produceAtMs = 0 } = JSON.parse(record as string);
    const isLater = produceAtMs > Number(nowMs);
    if (dueAtMs !== (isLater ? String(produceAtMs) : ''))
      throw new Violation(`is due at ${dueAtMs}`, id);
    if (!isLater) enqueued += 1;
  }
  const mustDepth = enqueued === 0 ? -1 : step.after.queues.get(client)?.length;
  if (depth !== mustDepth)
    throw new Violation(`submit answers the depth ${depth}, not ${mustDepth}`);
}

/** What is written is what the client has sent, under the client's name. */
function checkRecord(id: string, record: string, nowMs: number, { planned }: OrderMemory): void {
  const { v, fingerprint, ...written } = JSON.parse(record);
  const body = planned.bodies.find(({ customer }) => customer === written.customer);
  const { client, idempotencyKey } = planned;
  const must = { acceptedAtMs: nowMs, client, idempotencyKey, ...body };
  if (v !== 1 || !fingerprint || JSON.stringify(written) !== JSON.stringify(must)) {
    throw new Violation(`an order is stored as ${record}`, id);
  }
}

/** Which orders a claim takes is its own choice within rules; what that makes of them is not. */
function checkClaim(step: Step, model: Model, plan: Plan): void {
  const { before, after, answer, args } = step;
  const [token, orders] = answer as [number, [string, number, number][], string[]];
  const [ordersMax, now, leaseEndMs, holder, , , ...clients] = args;
  const nowMs = Number(now);
  if (Number(leaseEndMs) !== nowMs + plan.leaseMs)
    throw new Violation('a lease has another length');
  if (orders.length > Number(ordersMax)) throw new Violation('a claim takes more than it may');
  const mustToken = orders.length === 0 ? 0 : before.fence + orders.length;
  if (token !== mustToken || after.fence !== before.fence + orders.length) {
    throw new Violation(`a claim of ${orders.length} orders answers the token ${token}`);
  }
  for (const [id, at, claims] of orders) {
    const { was, is, memory } = orderOf(id, step, model);
    const client = clients[at - 1];
    const isDue = was.places.some(
      ({ kind, of, atMs }) => kind === 'pending' && of === client && atMs <= nowMs,
    );
    const isPopped = !isDue && was.places.some(({ kind, of }) => kind === 'queue' && of === client);
    if (!isDue && !isPopped)
      throw new Violation('an order is claimed before its time, or while it is leased', id);
    const earlier = isDue ? Number(was.owner?.split(':')[1] ?? 0) : 0;
    if (claims !== earlier + 1 && !memory.isDamaged && was.places.length === 1)
      throw new Violation(`a claim counts ${claims} after ${earlier}`, id);
    if (is.owner !== `${token}:${claims}:${holder}`)
      throw new Violation(`is owned by ${is.owner}`, id);
    const lease = is.places.find(({ kind, of }) => kind === 'pending' && of === client);
    if (lease?.atMs !== Number(leaseEndMs))
      throw new Violation('a claim leases without an end', id);
    if (was.owner && orders.length > 1 && clients[at - 1] === '!') {
      throw new Violation('an order that may kill its drain is not claimed alone', id);
    }
  }
  const taken = new Set(orders.map(([id]) => id));
  checkQueueEnds(step, clients);
  checkShares(step, taken, clients);
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
          .filter(
            (place) =>
              places.length === 1 &&
              place.kind === kind &&
              place.of === client &&
              place.atMs <= nowMs,
          )
          .map(({ atMs }) => ({ id, atMs })),
      );
    const [queued, due] = [ready('queue'), ready('pending')];
    const count = (list: { id: string }[]) => list.filter(({ id }) => taken.has(id)).length;
    const total = count(queued) + count(due);
    const isReady = queued.length + due.length > 0;
    if (isReady && total === 0 && clients.length <= ordersMax) {
      throw new Violation(`a claim leaves ${client} without its share`);
    }
    if (total >= 2 && queued.length > 0 && count(queued) === 0)
      throw new Violation('due orders starve those queued', queued[0]?.id);
    if (total >= 2 && due.length > 0 && count(due) === 0)
      throw new Violation('queued orders starve those due', due[0]?.id);
    const sorted = due.sort((a, b) => a.atMs - b.atMs || (a.id < b.id ? -1 : 1));
    const passed = sorted.slice(0, count(due)).find(({ id }) => !taken.has(id));
    if (passed)
      throw new Violation('a claim passes over the order that has been due for longest', passed.id);
  }
}

/** A settlement stands only for whom the order is leased to at that moment. */
function checkSettle(step: Step, model: Model, plan: Plan): void {
  const stands = step.answer as number[];
  for (const [at, settled] of settledIn(step.args).entries()) {
    const { id, owner, text } = settled;
    const { was, is, memory } = orderOf(id, step, model);
    if (was.owner !== owner) {
      const isSame = text !== '' && was.text?.startsWith(text) === true;
      if (stands[at] !== (isSame ? 1 : 0))
        throw new Violation(`a stale settle is told ${stands[at]}`, id);
      if (is.text !== was.text || is.owner !== was.owner || !samePlaces(was, is)) {
        throw new Violation(
          `a stale settle as ${settled.kind} stands: the owner was ${was.owner}`,
          id,
        );
      }
      continue;
    }
    if (stands[at] !== 1) throw new Violation('the settle of the holder is refused', id);
    if (is.owner !== undefined) throw new Violation('a settled order is still leased', id);
    // The other half of a move that was cut off, or what the same drain sends again.
    if (text !== '' && was.text?.startsWith(text)) continue;
    checkAttempts(settled, was, memory, plan);
    if (memory.isDamaged) continue;
    if (!memory.isTorn) checkPlaceOf(settled, is);
    checkJustified(settled, was, { step, model, plan });
  }
}

function samePlaces(a: StoredState, b: StoredState): boolean {
  return JSON.stringify(a.places) === JSON.stringify(b.places);
}

/** An order is charged for each claim that was not given back, and for no other. */
function checkAttempts(settled: Settled, was: StoredState, memory: OrderMemory, plan: Plan): void {
  const { id, kind, text, owner } = settled;
  const [token = '', count] = owner.split(':');
  if (kind === 'queue' || (kind === 'pending' && text === '')) {
    memory.claims -= 1;
    memory.handed.delete(token);
    return;
  }
  if (kind === 'canceled' || kind === 'nowhere' || text === '') return;
  const { attempts, isAlone, status } = JSON.parse(`${text}}`);
  const before = (was.state?.attempts ?? 0) + Number(count);
  const mayBe = isAlone ? [before - 1] : status === 'dead' ? [before, before - 1] : [before];
  if (!mayBe.includes(attempts) || !STORED_STATUSES.includes(status)) {
    throw new Violation(`${attempts} attempts are charged after ${before - 1}`, id);
  }
  if (memory.isDamaged) return;
  if (memory.handed.size > plan.attemptsMax) {
    throw new Violation(`is tried ${memory.handed.size} times`, id);
  }
  if (attempts > memory.claims)
    throw new Violation(`claimed ${memory.claims} times, it counts ${attempts}`, id);
  if (memory.handed.size > attempts) {
    throw new Violation(`handed over ${memory.handed.size} times, it counts ${attempts}`, id);
  }
}

function checkPlaceOf({ kind, to, dueAtMs, id }: Settled, is: StoredState): void {
  const [place] = is.places;
  const must =
    kind === 'produced' || kind === 'canceled' ? 'ended' : kind === 'nowhere' ? undefined : kind;
  if (place?.kind !== must) throw new Violation(`settled as ${kind}, it is in ${place?.kind}`, id);
  if (kind === 'pending' && (place?.atMs !== dueAtMs || place.of !== to)) {
    throw new Violation(`settled to be due at ${dueAtMs}, it is at ${place?.atMs}`, id);
  }
}

/** Only the leases of the holder are moved, and to where it says. */
function checkExtend(step: Step, model: Model): void {
  const [leaseEndMs, ...rest] = step.args;
  for (const [at, [id = '', owner]] of chunks(rest, 3).entries()) {
    const { was, is } = orderOf(id, step, model);
    const isHeld = was.owner === owner;
    if ((step.answer as number[])[at] !== (isHeld ? 1 : 0))
      throw new Violation('a lease is taken for another’s', id);
    const atMs = is.places.find(({ kind }) => kind === 'pending')?.atMs;
    if (!isHeld && !samePlaces(was, is)) throw new Violation('a lease of another is moved', id);
    if (isHeld && atMs !== Number(leaseEndMs)) throw new Violation('a lease is not extended', id);
  }
}

/** Only an order that nobody holds is canceled. */
function checkCancel(step: Step, model: Model): void {
  const [id = ''] = step.args;
  const [kind] = step.answer as [string];
  const { was, is } = orderOf(id, step, model);
  if (kind === 'canceled' && is.state?.status !== 'canceled')
    throw new Violation('is told canceled', id);
  if (kind !== 'canceled' && is.text !== was.text) throw new Violation('is told not canceled', id);
  if (is.text !== was.text && was.owner !== undefined)
    throw new Violation('is canceled while it is leased', id);
  if (is.text !== was.text && was.state?.status === 'produced')
    throw new Violation('is canceled once produced', id);
}

/** Only what is dead is put back, with all its attempts before it. */
function checkRedrive(step: Step, model: Model): void {
  const count = Number(step.args[2]);
  for (const [at, [id = '', , expected, text]] of chunks(step.args.slice(3 + count), 4).entries()) {
    const { was, is, memory } = orderOf(id, step, model);
    const isBack = was.text === expected;
    if ((step.answer as number[])[at] !== (isBack || was.text === text ? 1 : 0)) {
      throw new Violation(`redrive answers ${step.answer}`, id);
    }
    if (!isBack) continue;
    if (was.state?.status !== 'dead' || is.state?.attempts !== 0)
      throw new Violation('is redriven', id);
    Object.assign(memory, { claims: 0, wasRejected: false });
    memory.handed.clear();
  }
}

/** Only what has ended is forgotten, and then all of it. */
function checkForget(step: Step, model: Model): void {
  for (const [id] of chunks(step.args.slice(1), 2) as [string][]) {
    const { was, is, memory } = orderOf(id, step, model);
    if (was.record === undefined || is.record !== undefined) continue;
    if (memory.isDamaged) continue;
    if (!was.places.some(({ kind }) => kind === 'ended'))
      throw new Violation('is forgotten alive', id);
    if ((is.places.length > 0 && !memory.isTorn) || is.text !== undefined)
      throw new Violation('is forgotten by half', id);
    // Its client's repeat makes a new order of it.
    Object.assign(memory, {
      accepted: 0,
      acceptedTold: 0,
      claims: 0,
      receipt: undefined,
      end: undefined,
    });
    memory.wasClaimed = false;
    memory.handed.clear();
  }
}
