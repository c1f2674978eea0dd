import { setTimeout as delay } from 'node:timers/promises';
import { percentile } from '../figures.ts';

/** What a client waits until it is answered, and how many are answered in a second. */
export interface Answered {
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly perSecond: number;
}

/** One order's way until it is in the store. */
export type Take = (order: number) => Promise<void>;

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
  const waits: number[] = [];
  const late: Promise<void>[] = [];
  const startedAt = performance.now();
  const answer = () => void waits.push(performance.now() - startedAt);
  let next = 0;
  await Promise.all(
    serve.map(async (take) => {
      while (next < orders) {
        next += 1;
        await take(next);
        if (afterwards === undefined) answer();
        else late.push(afterwards().then(answer));
      }
    }),
  );
  await Promise.all(late);
  return {
    p50Ms: percentile(waits, 0.5),
    p99Ms: percentile(waits, 0.99),
    perSecond: orders / (Math.max(...waits) / 1_000),
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
