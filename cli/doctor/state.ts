import type { Clock } from '../../lib/clock.ts';
import type { Counts } from '../../lib/queue/store.ts';
import type { RedisClient } from '../../lib/redis/client.ts';
import type { Keys } from '../../lib/redis/keys.ts';
import { readStore } from '../../lib/redis/read-store.ts';

/** How Sluice's own keys stand, read once: what the checks of its state judge. */
export interface State {
  readonly nowMs: number;
  readonly counts: Counts;
  readonly indexed: number;
  /** Unix milliseconds of the first and last of each place; undefined where it is empty. */
  readonly firstDueAtMs: number | undefined;
  readonly firstFinishedAtMs: number | undefined;
  readonly lastFinishedAtMs: number | undefined;
  readonly lastDeadAtMs: number | undefined;
  readonly firstCanceledAtMs: number | undefined;
  /** Whether a drain of slot 0 runs now. */
  readonly isDraining: boolean;
  readonly eventsWaiting: number;
  readonly eventsRefused: number;
  readonly oldestEvent: string | undefined;
  readonly number: string | undefined;
  readonly fence: string | undefined;
}

interface Asked {
  readonly client: RedisClient;
  readonly keys: Keys;
  readonly clock: Clock;
}

/** @throws StoreFault where a key is of the wrong type */
export async function stateOf({ client, keys, clock }: Asked): Promise<State> {
  const nowMs = clock.now();
  const counts = await readStore(client, keys).counts(nowMs);
  const replies = await client.once((redis) => {
    const asked = redis.pipeline().zcard(keys.index);
    for (const [key, at] of [
      [keys.pending, 0],
      [keys.finished, 0],
      [keys.finished, -1],
      [keys.dead, -1],
      [keys.canceled, 0],
    ] as const) {
      asked.zrange(key, at, at, { withScores: true });
    }
    asked.exists(keys.lock(0)).llen(keys.events).llen(keys.eventsRefused);
    asked.lindex(keys.events, -1).get(keys.number).get(keys.fence);
    return asked.exec<unknown[]>();
  });
  const [indexed, due, first, last, dead, canceled, locks, waiting, refused, ...others] = replies;
  const [oldestEvent, number, fence] = others.map((text) =>
    typeof text === 'string' ? text : undefined,
  );
  return {
    nowMs,
    counts,
    indexed: Number(indexed),
    firstDueAtMs: scoreIn(due),
    firstFinishedAtMs: scoreIn(first),
    lastFinishedAtMs: scoreIn(last),
    lastDeadAtMs: scoreIn(dead),
    firstCanceledAtMs: scoreIn(canceled),
    isDraining: locks === 1,
    eventsWaiting: Number(waiting),
    eventsRefused: Number(refused),
    oldestEvent,
    number,
    fence,
  };
}

/** A range of one, with its score: `[id, score]`. */
function scoreIn(range: unknown): number | undefined {
  const score = Array.isArray(range) ? range[1] : undefined;
  return score === undefined ? undefined : Number(score);
}
