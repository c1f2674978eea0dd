import type { Store } from './connection.ts';
import { runScript } from './run-script.ts';
import { RESUME } from './scripts.ts';

/** A pause of all drains. Times are Unix milliseconds. */
export interface Pause {
  /** The client that asked for it. */
  readonly by: string;
  readonly reason?: string | undefined;
  readonly sinceMs: number;
  readonly untilMs: number;
}

/** As many as `SLUICE_DRAIN_SLOTS` allows: a slot that is added during a pause is paused too. */
const SLOTS_MAX = 20;
/** No drain's token begins like this. */
const PAUSE_PREFIX = 'paused ';

/**
 * Pauses all drains, by taking their locks: none begins meanwhile, and one that is at work notices when
 * it extends its lock, a third of the lock's lease later at most. The locks end by themselves. A pause
 * that is asked for during another takes its place. 21 billed commands.
 *
 * @param forMs  how long from now
 * @throws StoreUnavailable; some drains may be paused then. It is safe to repeat
 */
export async function pauseDrains(
  store: Store,
  { by, reason, forMs }: Pick<Pause, 'by' | 'reason'> & { readonly forMs: number },
  nowMs: number,
): Promise<Pause> {
  const earlier = await currentPause(store);
  const sinceMs = earlier?.sinceMs ?? nowMs;
  const pause: Pause = {
    ...{ by, sinceMs, untilMs: nowMs + forMs },
    ...(reason !== undefined && { reason }),
  };
  await store.client.repeatedly((redis) => {
    const locks = redis.pipeline();
    for (const key of locksOf(store)) {
      locks.set(key, `${PAUSE_PREFIX}${JSON.stringify(pause)}`, { px: forMs });
    }
    return locks.exec();
  });
  return pause;
}

/**
 * Ends a pause before its time.
 *
 * @returns whether there was one
 * @throws StoreUnavailable; it is safe to repeat
 */
export async function resumeDrains(store: Store): Promise<boolean> {
  const call = { script: RESUME, keys: locksOf(store), args: [PAUSE_PREFIX] };
  const [ended] = await runScript(store.client, call);
  return Number(ended) > 0;
}

/** The pause that there is now. One billed command. */
export async function currentPause({ client, keys }: Store): Promise<Pause | undefined> {
  return pauseIn(await client.repeatedly((redis) => redis.get<string>(keys.lock(0))));
}

/** The pause that holds a lock, if it is one. */
export function pauseIn(holder: string | null | undefined): Pause | undefined {
  return holder?.startsWith(PAUSE_PREFIX)
    ? JSON.parse(holder.slice(PAUSE_PREFIX.length))
    : undefined;
}

function locksOf({ keys }: Store): string[] {
  return Array.from({ length: SLOTS_MAX }, (_, slot) => keys.lock(slot));
}
