import type { StoreState } from '../state.ts';
import type { Step } from '../step.ts';
import { Violation } from '../violation.ts';

/** The counts are those of the store at that moment. */
export function checkCounts({ answer, before }: Step) {
  const { queue } = before;
  const oldest = queue.at(-1);
  const of = (place: keyof (StoreState['orders'] extends ReadonlyMap<string, infer S> ? S : never)) =>
    [...before.orders.values()].filter((order) => order[place] !== undefined).length;
  const acceptedAtMs = oldest === undefined ? '' : before.orders.get(oldest)?.acceptedAtMs;
  const must = [
    ...[queue.length, of('dueAtMs'), of('owner'), of('deadAtMs')],
    ...[of('finishedAtMs'), of('canceledAtMs'), acceptedAtMs ?? ''],
  ];
  if (`${answer}` !== `${must}`) throw new Violation(`counts answers ${answer}, not ${must}`);
}

/** Order numbers grow by as many as were taken. */
export function checkNumber({ args, answer, before }: Step): number {
  const last = before.number + Number(args[0]);
  if (answer !== last) throw new Violation(`INCRBY answers ${answer}, not ${last}`);
  return last;
}
