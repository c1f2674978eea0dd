import type { Model } from '../model.ts';
import type { StoredState } from '../state.ts';
import type { Step } from '../steps.ts';
import { Violation } from '../violation.ts';

/** An order as it was and is, with what is remembered of it. */
export function orderOf(id: string, { before, after }: Step, model: Model) {
  const [was, is, memory] = [before.orders.get(id), after.orders.get(id), model.orders.get(id)];
  if (was === undefined || is === undefined || memory === undefined) {
    throw new Violation(`nobody has submitted ${id}`);
  }
  return { was, is, memory };
}

export function samePlaces(a: StoredState, b: StoredState): boolean {
  return JSON.stringify(a.places) === JSON.stringify(b.places);
}
