import type { OrderState, StoreState } from './state.ts';
import type { Step } from './step.ts';
import { Violation } from './violation.ts';

/** The store as a step must leave it: rules begin with how it was and say what changes. */
export interface Expected {
  readonly order: (id: string) => Mutable<OrderState>;
  queue: string[];
  fence: number;
  number: number;
  redrive: number;
  /** The orders that a rule has touched. */
  readonly touched: ReadonlyMap<string, Mutable<OrderState>>;
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

export function expectedFrom(before: StoreState): Expected {
  const touched = new Map<string, Mutable<OrderState>>();
  return {
    queue: [...before.queue],
    fence: before.fence,
    number: before.number,
    redrive: before.redrive,
    touched,
    order(id) {
      const known = touched.get(id) ?? before.orders.get(id);
      if (known === undefined) throw new Violation(`nobody has submitted ${id}`);
      const order = touched.get(id) ?? { ...known };
      touched.set(id, order);
      return order;
    },
  };
}

const PLACES = [
  ['dueAtMs', 'its time in order_pending'],
  ['owner', 'its owner'],
  ['deadAtMs', 'its time in order_dead'],
  ['finishedAtMs', 'its time in order_finished'],
  ['canceledAtMs', 'its time in order_canceled'],
  ['acceptedAtMs', 'its time in order_index'],
] as const;

/** @throws Violation where the store is not as the step must leave it */
export function compare({ name, before, after }: Step, expected: Expected): void {
  for (const [id, is] of after.orders) {
    const must = expected.touched.get(id) ?? before.orders.get(id);
    if (must === undefined || must === is) continue;
    for (const [place, words] of PLACES) {
      if (is[place] !== must[place]) differ(name, id, words, is[place], must[place]);
    }
    compareFields(name, id, is.fields, must.fields);
  }
  if (after.queue.join() !== expected.queue.join()) {
    const id = [...after.queue, ...expected.queue].find(
      (one) => count(after.queue, one) !== count(expected.queue, one),
    );
    differ(name, id, 'the queue', after.queue.join(), expected.queue.join());
  }
  if (after.fence !== expected.fence) {
    differ(name, undefined, 'the last fencing token', after.fence, expected.fence);
  }
  if (after.number !== expected.number) {
    differ(name, undefined, 'the last order number', after.number, expected.number);
  }
  if (after.redrive !== expected.redrive) {
    differ(name, undefined, 'the time of the last redrive', after.redrive, expected.redrive);
  }
  if (after.strangers.length > 0) {
    throw new Violation(`${name} leaves ids in the store that nobody submitted`);
  }
}

type Fields = OrderState['fields'];

function compareFields(name: string, id: string, is: Fields, must: Fields) {
  if (is === must) return;
  if (is === undefined || must === undefined) {
    return differ(name, id, 'its hash', is && 'there', must && 'there');
  }
  for (const field of new Set([...Object.keys(is), ...Object.keys(must)])) {
    if (is[field] !== must[field]) differ(name, id, `its ${field}`, is[field], must[field]);
  }
}

function differ(name: string, id: string | undefined, what: string, is: unknown, must: unknown) {
  throw new Violation(
    `${name} leaves ${what} as ${is ?? 'nothing'}, and must leave it as ${must ?? 'nothing'}`,
    id,
  );
}

function count(list: readonly string[], id: string): number {
  return list.filter((one) => one === id).length;
}
