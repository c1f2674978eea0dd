import type { Model } from '../model.ts';
import type { Plan } from '../plan.ts';
import { chunks, type Step } from '../steps.ts';
import { Violation } from '../violation.ts';
import { checkErase, checkReplace, noteChanges } from './changes.ts';
import { checkClaim } from './claim.ts';
import { orderOf, samePlaces } from './orders.ts';
import { checkSettle } from './settle.ts';
import { checkLimits } from './stock.ts';
import { checkSetStock, checkUntrack } from './stock-changes.ts';
import { checkSubmit, noteAccepted } from './submit.ts';

/**
 * What one step may do, by what it is. What must hold after any step is told in `invariants.ts`.
 *
 * @throws Violation
 */
export function checkStep(step: Step, model: Model, plan: Plan): void {
  noteClaims(step, model);
  noteAnew(step, model);
  if (plan.changes !== undefined) noteChanges(step, model);
  if (step.name === 'submit') noteAccepted(step, model);
  if (step.name === 'set-stock') checkSetStock(step, model);
  // What customers have is remembered for a while only, and by clocks.
  const isRemembered = plan.clocks === 'exact' && step.nowMs < plan.startMs + 2 * plan.stormMs;
  if (step.name === 'submit' && isRemembered) checkLimits(step, model);
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
  replace: checkReplace,
  erase: checkErase,
  'untrack-stock': checkUntrack,
  forget: checkForget,
};

/** What was forgotten or redriven begins anew, also where the script failed afterwards. */
function noteAnew({ name, before, after }: Step, model: Model): void {
  for (const [id, memory] of model.orders) {
    const [was, is] = [before.orders.get(id), after.orders.get(id)];
    const isForgotten = name === 'forget' && was?.record && !is?.record;
    const isBack = name === 'redrive' && was?.text !== is?.text;
    if (!isForgotten && !isBack) continue;
    Object.assign(memory, { claims: 0, wasRejected: false });
    memory.handed.clear();
    if (!isForgotten) continue;
    memory.lives += 1;
    // Its client's repeat makes a new order of it.
    Object.assign(memory, { accepted: 0, acceptedTold: 0, receipt: undefined, end: undefined });
    Object.assign(memory, { wasClaimed: false, effectOf: undefined });
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

/** Only the leases of the holder are moved, and to where it says. */
function checkExtend(step: Step, model: Model): void {
  const [leaseEndMs, ...rest] = step.args;
  for (const [at, [id = '', owner]] of chunks(rest, 3).entries()) {
    const { was, is } = orderOf(id, step, model);
    const isHeld = was.owner === owner;
    if ((step.answer as number[])[at] !== (isHeld ? 1 : 0))
      throw new Violation('a lease is taken for another’s', id);
    const pending = is.places.filter(({ kind }) => kind === 'pending');
    if (!isHeld && !samePlaces(was, is)) throw new Violation('a lease of another is moved', id);
    if (isHeld && !pending.some(({ atMs }) => atMs >= Number(leaseEndMs)))
      throw new Violation('a lease is not extended', id);
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
    const { was, is } = orderOf(id, step, model);
    const isBack = was.text === expected;
    if ((step.answer as number[])[at] !== (isBack || was.text === text ? 1 : 0)) {
      throw new Violation(`redrive answers ${step.answer}`, id);
    }
    if (!isBack) continue;
    if (was.state?.status !== 'dead' || is.state?.attempts !== 0)
      throw new Violation('is redriven', id);
  }
}

/** Only what has ended is forgotten, and then all of it. */
function checkForget(step: Step, model: Model): void {
  const stocks = Number(step.args[1]);
  for (const [id] of chunks(step.args.slice(2 + stocks), 3) as [string][]) {
    const { was, is, memory } = orderOf(id, step, model);
    if (was.record === undefined || is.record !== undefined) continue;
    if (was.state?.segment === undefined) throw new Violation('is forgotten alive', id);
    if ((is.places.length > 0 && !memory.isTorn) || is.text !== undefined)
      throw new Violation('is forgotten by half', id);
  }
}
