import { setTimeout as delay } from 'node:timers/promises';
import { percentile } from '../figures.ts';

/** How long clients wait until they are answered, and how many are answered in a second. */
export interface Answered {
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly perSecond: number;
  /** How many orders were accepted. */
  readonly accepted: number;
  readonly acceptedP99Ms: number;
  /** NaN if none was refused. */
  readonly refusedP99Ms: number;
  /** Billed commands of Redis until the last is answered; NaN where there is no Redis. */
  readonly commands: number;
}

/** One order's way until it is in the store, or refused. Returns whether it was accepted. */
export type Take = (order: number) => Promise<boolean>;

/**
 * Offers orders that all come at the same moment. Each of those who serve takes the next one when it
 * is done with one, as a connection of a pool or an instance of a function does. A client's wait
 * counts from the common start.
 *
 * @param afterwards  what is done for each order before its client is answered, and holds nobody up
 */
export async function offer(
  orders: number,
  serve: readonly Take[],
  afterwards?: () => Promise<void>,
): Promise<Answered> {
  const [accepted, refused]: [number[], number[]] = [[], []];
  const late: Promise<void>[] = [];
  const startedAt = performance.now();
  const answer = (isAccepted: boolean) =>
    void (isAccepted ? accepted : refused).push(performance.now() - startedAt);
  let next = 0;
  await Promise.all(
    serve.map(async (take) => {
      while (next < orders) {
        next += 1;
        const isAccepted = await take(next);
        if (afterwards === undefined) answer(isAccepted);
        else late.push(afterwards().then(() => answer(isAccepted)));
      }
    }),
  );
  await Promise.all(late);
  return answeredOf(accepted, refused);
}

/** The figures of a rush, from the milliseconds that each client waited. */
function answeredOf(accepted: readonly number[], refused: readonly number[]): Answered {
  const waits = [...accepted, ...refused];
  return {
    p50Ms: percentile(waits, 0.5),
    p99Ms: percentile(waits, 0.99),
    perSecond: waits.length / (Math.max(...waits) / 1_000),
    accepted: accepted.length,
    acceptedP99Ms: percentile(accepted, 0.99),
    refusedP99Ms: percentile(refused, 0.99),
    commands: Number.NaN,
  };
}

/** A downstream system that takes so long for each call, and so many calls at once. */
export function downstream(ms: number, callsMax: number): () => Promise<void> {
  const waiting: (() => void)[] = [];
  let calls = 0;
  return async () => {
    if (calls === callsMax) await new Promise<void>((resolve) => waiting.push(resolve));
    else calls += 1;
    await delay(ms);
    const first = waiting.shift();
    if (first === undefined) calls -= 1;
    else first();
  };
}
