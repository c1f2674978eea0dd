import { Worker } from 'node:worker_threads';

export interface SubmittersOptions {
  readonly seed: number;
  readonly orders: number;
  readonly submitters: number;
  readonly environment: Readonly<Record<string, string>>;
}

/** What the clients of a run know at its end. */
export interface Clients {
  /** A mark for each order, by its place: whether it was acknowledged. */
  readonly acknowledged: Uint8Array;
  /** Requests beyond the first for the same orders. */
  readonly repeats: number;
  /** Orders whose client was told nothing and went away. */
  readonly abandoned: number;
  /** What was answered otherwise than it must be. */
  readonly wrong: readonly string[];
}

/**
 * Submits all orders through the functions, each until it is acknowledged, most of them in batches.
 * The functions run in a thread of their own: what they log of a Redis that is gone is not shown.
 */
export async function submitAll(
  options: SubmittersOptions,
  onAcknowledged: (orders: number) => void,
): Promise<Clients> {
  const thread = new Worker(new URL('./submit-thread.ts', import.meta.url), {
    workerData: options,
    stdout: true,
  });
  const ended = Promise.withResolvers<Clients>();
  thread.on('message', (message: number | Clients) => {
    if (typeof message === 'number') onAcknowledged(message);
    else ended.resolve(message);
  });
  thread.on('error', ended.reject);
  thread.stdout.resume();
  try {
    return await ended.promise;
  } finally {
    await thread.terminate();
  }
}
