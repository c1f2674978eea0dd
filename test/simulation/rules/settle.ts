import { STORED_STATUSES } from '../../../lib/orders/order.ts';
import type { Model, OrderMemory } from '../model.ts';
import type { Plan } from '../plan.ts';
import type { StoredState } from '../state.ts';
import { type Settled, type Step, settledIn } from '../steps.ts';
import { Violation } from '../violation.ts';
import { isErased } from './changes.ts';
import { checkJustified } from './justify.ts';
import { orderOf, samePlaces } from './orders.ts';

/** A settlement stands only for whom the order is leased to at that moment. */
export function checkSettle(step: Step, model: Model, plan: Plan): void {
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
    if (!memory.isTorn) checkPlaceOf(settled, is);
    if (isErased(was)) {
      checkErasure(settled, was, memory, plan);
      continue;
    }
    checkAttempts(settled, was, memory, plan);
    checkJustified(settled, was, { step, model, plan });
  }
}

/** What was erased ends as it was, once the downstream system has erased it too. */
function checkErasure(
  { id, kind, text }: Settled,
  { state }: StoredState,
  { effect, isErasedThere }: OrderMemory,
  { produces }: Plan,
): void {
  if (kind === 'pending' && text === '') return;
  if (kind !== state?.status) throw new Violation(`erased, it is settled as ${kind}`, id);
  const isLeft = produces === 'ledger' && effect !== undefined && !isErasedThere;
  if (isLeft) throw new Violation('ends erased, and the ledger has it still', id);
}

/** An order is charged for each time that it may have been handed over, and for no other. */
function checkAttempts(settled: Settled, was: StoredState, memory: OrderMemory, plan: Plan): void {
  const { id, kind, text, owner } = settled;
  const [token = ''] = owner.split(':');
  if (kind === 'pending' && text === '') {
    memory.claims -= 1;
    memory.handed.delete(token);
    return;
  }
  if (kind === 'canceled' || kind === 'nowhere' || text === '') return;
  const { attempts, status } = JSON.parse(`${text}}`);
  // One for all claims since the last settlement: it was handed over in the first of them at most.
  const before = was.state?.attempts ?? 0;
  const mayBe = status === 'dead' ? [before, before + 1] : [before + 1];
  if (!mayBe.includes(attempts) || !STORED_STATUSES.includes(status)) {
    throw new Violation(`${attempts} attempts are charged after ${before}`, id);
  }
  if (memory.handed.size > plan.attemptsMax) {
    throw new Violation(`is tried ${memory.handed.size} times`, id);
  }
  if (attempts > memory.claims && !memory.wasTorn)
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
