import type { StoreState } from '../state.ts';
import type { Step } from '../step.ts';
import { Violation } from '../violation.ts';

/** The counts are those of the store at that moment. */
export function checkCounts({ answer, before }: Step) {
  const { queue } = before;
  const oldest = queue.at(-1);
  const of = (
    place: keyof (StoreState['orders'] extends ReadonlyMap<string, infer S> ? S : never),
  ) => [...before.orders.values()].filter((order) => order[place] !== undefined).length;
  const acceptedAtMs = oldest === undefined ? '' : before.orders.get(oldest)?.acceptedAtMs;
  const must = [
    ...[queue.length, of('dueAtMs'), of('owner'), of('deadAtMs')],
    ...[of('finishedAtMs'), of('canceledAtMs'), acceptedAtMs ?? ''],
  ];
  if (`${answer}` !== `${must}`) throw new Violation(`counts answers ${answer}, not ${must}`);
}

/** The dead letters are told in the order in which they died. */
export function checkOldestDead({ args, answer, before }: Step) {
  const dead = [...before.orders].filter(([, { deadAtMs }]) => deadAtMs !== undefined);
  dead.sort(
    ([a, one], [b, other]) => Number(one.deadAtMs) - Number(other.deadAtMs) || (a < b ? -1 : 1),
  );
  const must = dead.map(([id]) => id).slice(0, Number(args[1]) + 1);
  if (`${answer}` !== `${must}`) throw new Violation(`the oldest dead are ${answer}, not ${must}`);
}

/** Order numbers grow by as many as were taken. */
export function checkNumber({ args, answer, before }: Step): number {
  const last = before.number + Number(args[0]);
  if (answer !== last) throw new Violation(`INCRBY answers ${answer}, not ${last}`);
  return last;
}
