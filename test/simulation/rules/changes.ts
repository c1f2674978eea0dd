import { isDeepStrictEqual } from 'node:util';
import { erasedFrom } from '../../../lib/store/erased-record.ts';
import { headOf } from '../../../lib/store/order-record.ts';
import { canaryOf } from '../changes-plan.ts';
import type { Model, OrderMemory } from '../model.ts';
import type { Plan } from '../plan.ts';
import { submissionIn } from '../records.ts';
import type { StoredState } from '../state.ts';
import type { Step } from '../steps.ts';
import { Violation } from '../violation.ts';
import { orderOf, samePlaces } from './orders.ts';
import { checkReplacedStock } from './stock.ts';
import { asSent } from './submit.ts';

export function isErased({ record }: Pick<StoredState, 'record'>): boolean {
  return record !== undefined && erasedFrom(record) !== undefined;
}

/** A record changes where it is replaced or erased, also where the script failed afterwards. */
export function noteChanges(step: Step, model: Model): void {
  for (const [id, memory] of model.orders) {
    const [was, is] = [step.before.orders.get(id), step.after.orders.get(id)];
    if (was?.record && is?.record && was.record !== is.record) {
      memory.changes += 1;
      memory.wasCanceled = false;
    }
    const isCanceled = step.name === 'cancel' && was?.text !== is?.text;
    if (isCanceled) memory.wasCanceled = true;
  }
}

/** Nothing of what an order held is left in what is kept of it. */
export function checkErased({ orders }: Step['after'], model: Model): void {
  for (const [id, order] of orders) {
    if (!isErased(order)) continue;
    const { planned } = model.orders.get(id) as OrderMemory;
    if (`${order.record} ${order.text}`.includes(canaryOf(planned)))
      throw new Violation('an order keeps something after it was erased', id);
  }
}

/** Only an order whose production never began gets another content, and it keeps the old one. */
export function checkReplace(step: Step, model: Model, plan: Plan): void {
  const [id = '', , , , record = '', , was_ = '', head = ''] = step.args;
  const [told = ''] = step.answer as [string];
  const { was, is, memory } = orderOf(id, step, model);
  checkAsked(step, { id, told, was, isDone: was.record?.startsWith(head) === true });
  if (is.record === was.record) {
    expectUntouched(id, told, was, is);
    if (told === 'replaced' && is.state?.status === 'canceled' && !memory.wasCanceled)
      throw new Violation('is told replaced, and is canceled', id);
  } else {
    if (told !== 'replaced') throw new Violation(`is replaced, and told ${told}`, id);
    if (memory.handed.size > 0 || memory.effectOf !== undefined)
      throw new Violation('is replaced after its production has begun', id);
    if (is.text !== undefined || asSent(is.record ?? '') !== record)
      throw new Violation('is replaced by something else', id);
    checkContent(id, was.record ?? '', record, memory);
  }
  if (plan.stock !== undefined)
    checkReplacedStock(step, id, { told, isWaiting: was_ === 'waiting' });
}

/** Only what nobody holds is erased, and of what is left only how it ended is told. */
export function checkErase(step: Step, model: Model): void {
  const [id = '', client, , , record = '', text] = step.args;
  const [told = ''] = step.answer as [string];
  const { was, is, memory } = orderOf(id, step, model);
  checkAsked(step, { id, told, was, isDone: was.record === record });
  if (is.record === was.record) {
    expectUntouched(id, told, was, is);
    return;
  }
  const status = was.state?.status === 'produced' ? 'produced' : 'canceled';
  const isRight = erasedFrom(record)?.client === client && client === memory.planned.client;
  if (told !== 'erased' || is.record !== record || is.text !== text || !isRight)
    throw new Violation(`is erased to ${is.record} and ${is.text}, and told ${told}`, id);
  if (is.state?.status !== status || is.state.isErased !== true)
    throw new Violation(`was ${was.state?.status}, and is ${is.state?.status} once erased`, id);
}

interface Asked {
  readonly id: string;
  readonly told: string;
  readonly was: StoredState;
  readonly isDone: boolean;
}

/** It is done where nobody holds the order, and it is the one that was read. */
function checkAsked({ args }: Step, { id, told, was, isDone }: Asked): void {
  const [, , head = '', state = ''] = args;
  const isRead = was.record?.startsWith(head) === true && (was.text ?? '') === state;
  const must =
    !isDone && was.owner !== undefined ? ['producing'] : isDone || isRead ? DONE : ['changed'];
  if (!must.some((word) => told.startsWith(word)))
    throw new Violation(`is told ${told} instead of ${must}`, id);
}

const DONE = ['replaced', 'erased', 'out ', 'over '];

function expectUntouched(id: string, told: string, was: StoredState, is: StoredState): void {
  if (is.text !== was.text || is.owner !== was.owner || !samePlaces(was, is))
    throw new Violation(`is told ${told}, and has changed`, id);
}

function checkContent(id: string, before: string, record: string, { planned }: OrderMemory): void {
  const { v, fingerprint, acceptedAtMs, replaced, contents, content, ...head } = JSON.parse(record);
  const written = { ...head, ...submissionIn(record) };
  const { client, idempotencyKey, replacements = [] } = planned;
  const body = replacements.find(({ customer }) => customer === written.customer);
  const old = headOf(id, before);
  const isRight =
    v === 1 &&
    isDeepStrictEqual(written, { client, idempotencyKey, ...body }) &&
    isDeepStrictEqual(replaced, [old.fingerprint, ...old.replaced]) &&
    contents[0].submission.customer === submissionIn(before).customer &&
    contents.length === replaced.length;
  if (!isRight) throw new Violation(`an order is replaced by ${record}`, id);
}
