import type { Expected } from '../expected.ts';
import type { Model } from '../model.ts';
import type { Step } from '../step.ts';
import { Violation } from '../violation.ts';

interface Settled {
  readonly id: string;
  readonly kind: string;
  readonly dueAtMs: string;
  readonly fields: Record<string, string>;
}

/** A settlement stands only for whom the order is leased to at that moment. */
export function checkSettle(
  { args, before, after, answer }: Step,
  expected: Expected,
  model: Model,
) {
  const [token = '', holder = '', nowMs = '', , ...rest] = args;
  const mark = `${token}:${holder}`;
  for (const [at, settled] of settlementsIn(rest).entries()) {
    const { id, kind } = settled;
    const state = before.orders.get(id);
    const [by, attempt, ...who] = (state?.owner ?? '').split(':');
    const isHeld = by === token && who.join(':') === holder;
    const stands = (answer as number[])[at];
    if (!isHeld || state?.fields === undefined) {
      const isRepeat = state?.fields?.settledBy === mark;
      if (!isRepeat && after.orders.get(id)?.fields?.settledBy === mark) {
        throw new Violation(`a stale settle as ${kind} stands: the owner was ${state?.owner}`, id);
      }
      if (stands !== (isRepeat && !isHeld ? 1 : 0)) {
        throw new Violation(
          `a settle that ${isRepeat ? 'stands' : 'is stale'} is told ${stands}`,
          id,
        );
      }
      continue;
    }
    if (stands !== 1) throw new Violation('the settle of the holder is refused', id);
    const attempts = Number(attempt) - (kind === 'untried' ? 1 : 0);
    const memory = model.orders.get(id);
    if (memory !== undefined && kind === 'untried') memory.attempts -= 1;
    const order = expected.order(id);
    order.owner = undefined;
    order.fields = {
      ...state.fields,
      ...{ attempts: String(attempts), settledBy: mark, updatedAtMs: nowMs },
      ...settled.fields,
      ...statusFields(kind, state.fields.status ?? '', nowMs),
    };
    const isEnd = kind === 'produced' || kind === 'dead';
    order.dueAtMs = isEnd ? undefined : Number(settled.dueAtMs);
    if (kind === 'produced') order.finishedAtMs = Number(nowMs);
    if (kind === 'dead') order.deadAtMs = Number(nowMs);
    if (kind === 'untried' && settled.dueAtMs !== nowMs) {
      throw new Violation('an order that was not tried is not ready at once', id);
    }
  }
}

/** The fields without which an order would not be what it was settled as. */
function statusFields(kind: string, status: string, nowMs: string): Record<string, string> {
  if (kind === 'produced') return { status: 'produced', producedAtMs: nowMs };
  if (kind === 'untried') return { status };
  return { status: kind === 'retry' ? 'queued' : 'dead', lastErrorAtMs: nowMs };
}

function settlementsIn(args: readonly string[]): Settled[] {
  const settlements: Settled[] = [];
  for (let at = 0; at < args.length; ) {
    const [id = '', kind = '', dueAtMs = '', count = '0'] = args.slice(at, at + 4);
    const end = at + 4 + 2 * Number(count);
    const fields: Record<string, string> = {};
    for (let field = at + 4; field < end; field += 2) {
      fields[args[field] as string] = args[field + 1] as string;
    }
    settlements.push({ id, kind, dueAtMs, fields });
    at = end;
  }
  return settlements;
}
