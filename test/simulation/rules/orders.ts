import type { Expected } from '../expected.ts';
import type { Model } from '../model.ts';
import type { OrderState } from '../state.ts';
import type { Step } from '../step.ts';
import { Violation } from '../violation.ts';

/** Only the leases of the holder are moved, and to where it says. */
export function checkExtend({ args, before, answer }: Step, expected: Expected) {
  const [token, holder, leaseEndMs, ...ids] = args;
  for (const [at, id] of ids.entries()) {
    const [by, , ...who] = (before.orders.get(id)?.owner ?? '').split(':');
    const isHeld = by === token && who.join(':') === holder;
    if ((answer as number[])[at] !== (isHeld ? 1 : 0)) {
      throw new Violation(`extend answers ${answer} where the owner is ${by ?? 'nobody'}`, id);
    }
    if (isHeld) expected.order(id).dueAtMs = Number(leaseEndMs);
  }
}

/** Only an order that nobody holds is canceled, and only for its client. */
export function checkCancel({ args, before, answer }: Step, expected: Expected, model: Model) {
  const [id = '', client, nowMs = ''] = args;
  const { fields, owner } = before.orders.get(id) ?? {};
  const [kind, status] = answer as [string, string?];
  const must = () => {
    if (fields === undefined) return ['not-found'];
    if (client !== '' && client !== model.orders.get(id)?.planned.client) return ['not-found'];
    if (fields.status === 'canceled') return ['canceled'];
    if (fields.status === 'produced' || fields.status === 'dead') return ['refused', fields.status];
    return owner === undefined ? ['canceled'] : ['refused', 'producing'];
  };
  const [mustKind, mustStatus] = must();
  if (kind !== mustKind || status !== mustStatus) {
    throw new Violation(`cancel answers ${answer}, and must answer ${must()}`, id);
  }
  if (kind !== 'canceled' || fields?.status === 'canceled') return;
  const order = expected.order(id);
  order.fields = { ...fields, status: 'canceled', updatedAtMs: nowMs };
  order.canceledAtMs = Number(nowMs);
}

/** Only what is dead is put back, with all its attempts before it, at the pace that was asked for. */
export function checkRedrive({ args, before, answer }: Step, expected: Expected, model: Model) {
  const [nowMs = '', pause, mark = '', ...ids] = args;
  const pauseMs = Number(pause);
  let dueAtMs = Math.max(Number(nowMs), pauseMs > 0 ? before.redrive : 0);
  for (const [at, id] of ids.entries()) {
    const { fields, deadAtMs } = before.orders.get(id) ?? {};
    // What is gone stands in nobody's way.
    if (fields === undefined && deadAtMs !== undefined) expected.order(id).deadAtMs = undefined;
    const isRepeat = fields?.redrivenBy === mark;
    const isBack = fields?.status === 'dead' && !isRepeat;
    if ((answer as number[])[at] !== (isBack || isRepeat ? 1 : 0)) {
      throw new Violation(`redrive answers ${answer} for an order that is ${fields?.status}`, id);
    }
    if (!isBack) continue;
    dueAtMs += pauseMs;
    const order = expected.order(id);
    const changed = { status: 'queued', attempts: '0', updatedAtMs: nowMs, redrivenBy: mark };
    order.fields = { ...fields, ...changed };
    Object.assign(order, { deadAtMs: undefined, dueAtMs });
    Object.assign(model.orders.get(id) ?? {}, { attempts: 0, wasRejected: false });
    if (pauseMs > 0) expected.redrive = dueAtMs;
  }
}

/** Each order is in exactly one place, and its hash says the same. */
export function checkPlace(id: string, state: OrderState, isDamaged: boolean) {
  const { fields, queued, dueAtMs, owner, deadAtMs, finishedAtMs, canceledAtMs } = state;
  const status = fields?.status;
  const fail = (sentence: string): never => {
    throw new Violation(sentence, id);
  };
  if (fields === undefined) {
    const { hash: _, ...places } = state;
    if (!isDamaged && Object.values(places).some(Boolean)) fail('an order has no hash');
    return;
  }
  if (state.acceptedAtMs === undefined) fail('an order is not in the index');
  if (state.acceptedAtMs !== Number(fields.acceptedAtMs) && !isDamaged) {
    fail('the index has another time than the hash');
  }
  if ((status === 'produced') !== (finishedAtMs !== undefined)) {
    fail(`an order is ${status} and ${finishedAtMs ? '' : 'not '}among the finished`);
  }
  if ((status === 'dead') !== (deadAtMs !== undefined)) {
    fail(`an order is ${status} and ${deadAtMs ? '' : 'not '}among the dead`);
  }
  if ((status === 'canceled') !== (canceledAtMs !== undefined)) {
    fail(`an order is ${status} and ${canceledAtMs ? '' : 'not '}among the canceled`);
  }
  const waiting = queued + (dueAtMs === undefined ? 0 : 1);
  const isLive = status === 'queued' || status === 'scheduled';
  if (isDamaged) return;
  if (isLive && waiting !== 1) fail(`an order that is ${status} waits in ${waiting} places`);
  if (owner !== undefined && dueAtMs === undefined) fail('a lease has no end');
  if (owner !== undefined && !isLive) fail(`an order that is ${status} has an owner`);
  if ((status === 'produced' || status === 'dead') && waiting > 0) {
    fail(`an order that is ${status} still waits`);
  }
}
