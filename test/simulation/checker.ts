import { compare, expectedFrom } from './expected.ts';
import type { Model } from './model.ts';
import { checkClaim } from './rules/claim.ts';
import { checkExtendLock, type Locks } from './rules/locks.ts';
import { checkCancel, checkExtend, checkPlace, checkRedrive } from './rules/orders.ts';
import { checkCounts, checkNumber, checkOldestDead } from './rules/reads.ts';
import { checkSettle } from './rules/settle.ts';
import { checkSubmit } from './rules/submit.ts';
import type { StoreState } from './state.ts';
import { answerOf, meaningOf, type Step } from './step.ts';
import { Violation } from './violation.ts';

/** The process that asked, and when Redis executed it, in virtual time. */
export interface Asked {
  readonly who: string;
  readonly nowMs: number;
  /** Whether the answer reaches it soon. */
  readonly isHeard: boolean;
}

/**
 * Holds everything that Redis executes against what it must do: each step is checked with the
 * store as it was right before and right after.
 *
 * @throws Violation
 */
export function checkStep(asked: Asked, step: Step, model: Model, locks: Locks): void {
  const { who, nowMs } = asked;
  const expected = expectedFrom(step.before);
  switch (step.name) {
    case 'submit':
      checkSubmit(step, expected, model);
      break;
    case 'claim':
      checkClaim(step, expected, model);
      break;
    case 'settle':
      checkSettle(step, expected, model);
      break;
    case 'extend':
      checkExtend(step, expected);
      break;
    case 'cancel':
      checkCancel(step, expected, model);
      break;
    case 'redrive':
      checkRedrive(step, expected, model);
      break;
    case 'ZRANGE':
      checkOldestDead(step);
      break;
    case 'extend-lock': {
      const [isExtended] = step.answer as [number];
      checkExtendLock(step.args[0], isExtended, step.before, step.after);
      if (isExtended === 0 && asked.isHeard) locks.refusedAtMs.set(step.args[0] ?? '', nowMs);
      break;
    }
    case 'SET':
      locks.askedBy.set(step.args[0] ?? '', who);
      break;
    case 'counts':
      checkCounts(step);
      break;
    case 'INCRBY':
      expected.number = checkNumber(step);
      break;
  }
  compare(step, expected);
  locks.follow(who, step.before, step.after);
  for (const [id, state] of step.after.orders) {
    if (state !== step.before.orders.get(id)) {
      checkPlace(id, state, model.orders.get(id)?.isDamaged ?? false);
    }
  }
}

/** Reads what was executed as steps; where a request had several, they are looked at as one. */
export function stepsOf(
  commands: readonly (readonly string[])[],
  text: string,
  before: StoreState,
  after: StoreState,
): Step[] {
  const answers: unknown = JSON.parse(text);
  const all = Array.isArray(answers) ? answers : [answers];
  return commands.map((command, at) => {
    const { result, error } = all[at] as { result?: unknown; error?: string };
    const meaning = meaningOf(command);
    const step = { ...meaning, answer: answerOf(meaning.name, result), before, after };
    // Redis may forget its scripts: those that it does not know yet it asks for.
    if (error?.startsWith('NOSCRIPT')) return { ...step, name: 'NOSCRIPT' };
    if (error !== undefined) throw new Violation(`${step.name} fails: ${error}`);
    return step;
  });
}
