import type { ProducerAnswer } from '../../../lib/producers/producer.ts';
import type { Model } from '../model.ts';
import type { Plan } from '../plan.ts';
import type { StoredState } from '../state.ts';
import { type Settled, type Step, withoutTime } from '../steps.ts';
import { Violation } from '../violation.ts';

const RETRY_MS_MAX = 15 * 60 * 1000;
const BACKOFF_MS = 5_000;

interface Context {
  readonly step: Step;
  readonly model: Model;
  readonly plan: Plan;
}

/** What is settled is what a producer has said, or what follows where it said nothing. */
export function checkJustified(settled: Settled, was: StoredState, { model, plan }: Context): void {
  const { id, owner, kind, text } = settled;
  const [token = '', , ...holder] = withoutTime(owner).split(':');
  const calls = model.calls.filter(
    ({ batch, ids }) => batch === `${token}:${holder.join(':')}` && ids.includes(id),
  );
  const answer = answerFor(id, calls);
  const state = text === '' ? undefined : JSON.parse(`${text}}`);
  const fail = (sentence: string): never => {
    throw new Violation(`${sentence} (its producer said ${answer?.kind ?? 'nothing'})`, id);
  };
  if (kind === 'nowhere' && was.record !== undefined) fail('an order is dropped that is there');
  if (kind === 'canceled' && was.state?.status !== 'canceled') fail('settled as canceled');
  if (kind === 'produced' && state !== undefined) {
    if (answer?.kind !== 'produced') fail('settled as produced');
    const orderNumber = answer?.kind === 'produced' ? answer.orderNumber : undefined;
    const isSame = settled.isNumbered ? orderNumber === 'next' : orderNumber === state.orderNumber;
    if (!isSame) fail(`order number ${orderNumber} is settled as ${state.orderNumber}`);
  }
  if (kind === 'dead' && state !== undefined) {
    const isOver = state.attempts >= plan.attemptsMax;
    if (answer?.kind !== 'rejected' && !isOver) fail(`given up at attempt ${state.attempts}`);
  }
  const isHeeded = calls.length > 0 && calls.every(({ signal }) => !signal.aborted);
  if (kind === 'pending' && state !== undefined) checkRetry(settled, state, answer, plan, isHeeded);
  if (kind === 'pending' && state === undefined && calls.length > 0 && answer?.kind !== 'untried') {
    fail('an order that was tried is given back');
  }
  if (isHeeded && state !== undefined) checkHeeded(settled, answer, state.attempts, plan);
}

function answerFor(id: string, calls: Model['calls']): ProducerAnswer | undefined {
  const answer = calls.findLast(({ answers }) => answers?.has(id))?.answers?.get(id);
  // What was handed over before, with its batch, was begun: it cannot be given back.
  return answer?.kind === 'untried' && calls.length > 1 ? undefined : answer;
}

function checkRetry(
  { id, dueAtMs }: Settled,
  { attempts, updatedAtMs }: { attempts: number; updatedAtMs: number },
  answer: ProducerAnswer | undefined,
  { attemptsMax }: Plan,
  isHeeded: boolean,
): void {
  if (attempts >= attemptsMax) throw new Violation('an order is retried without end', id);
  const askedMs = answer?.kind === 'retry' ? (answer.afterMs ?? 0) : 0;
  const mostMs = Math.min(RETRY_MS_MAX, askedMs + BACKOFF_MS * 2 ** (attempts - 1));
  const delayMs = dueAtMs - updatedAtMs;
  // An answer that came too late may not have been heard.
  const leastMs = isHeeded ? Math.min(askedMs, RETRY_MS_MAX) : 0;
  if (delayMs < leastMs || delayMs > Math.ceil(mostMs)) {
    throw new Violation(`a retry is due in ${delayMs} ms, of ${askedMs} to ${mostMs}`, id);
  }
}

/** What a producer answered in time counts. */
function checkHeeded(
  { id, kind }: Settled,
  answer: ProducerAnswer | undefined,
  attempts: number,
  { attemptsMax }: Plan,
): void {
  const otherwise = attempts >= attemptsMax ? 'dead' : 'pending';
  const meanings = { produced: 'produced', rejected: 'dead', untried: 'back', retry: otherwise };
  const must = answer === undefined ? otherwise : meanings[answer.kind];
  if (kind !== must) {
    throw new Violation(`a producer answered ${answer?.kind ?? 'nothing'}; settled is ${kind}`, id);
  }
}
