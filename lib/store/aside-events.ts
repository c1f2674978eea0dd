import type { Store } from './connection.ts';
import type { AsideEvent } from './events.ts';

const PAGE_MAX = 500;
/** Each is a command, and a pipeline of that many is answered in time. */
const MOVED_MAX = 100;

/** An event that was set aside, and how Redis has it. */
export interface StoredAsideEvent extends AsideEvent {
  readonly stored: string;
}

/**
 * The events that were set aside, oldest first; `takeOutEvents` bounds them. One billed command for each
 * 500 of them.
 *
 * @throws StoreUnavailable
 */
export async function asideEvents({ client, keys }: Store): Promise<StoredAsideEvent[]> {
  const events: StoredAsideEvent[] = [];
  for (;;) {
    const page = await client.repeatedly((redis) =>
      redis.lrange<string>(keys.eventsAside, -events.length - PAGE_MAX, -events.length - 1),
    );
    events.push(...page.toReversed().map((stored) => ({ ...JSON.parse(stored), stored })));
    if (page.length < PAGE_MAX) return events;
  }
}

/**
 * Removes events from those that were set aside; `retry` has them announced before all that waits. They
 * are put back before they are removed, so a command that dies in between announces some twice, under the
 * same id. One billed command for each event, and one for each 100 that are retried.
 *
 * @param events  of `asideEvents`, oldest first
 * @throws StoreUnavailable
 */
export async function removeAside(
  { client, keys }: Store,
  events: readonly StoredAsideEvent[],
  then: 'retry' | 'drop',
): Promise<void> {
  // The newest first, so that in the end the oldest is the first to be announced.
  const left = events.toReversed();
  while (left.length > 0) {
    const some = left.splice(0, MOVED_MAX);
    await client.repeatedly((redis) => {
      const pipeline = redis.pipeline();
      if (then === 'retry') pipeline.rpush(keys.events, ...some.map(({ id }) => id));
      for (const { stored } of some) pipeline.lrem(keys.eventsAside, -1, stored);
      return pipeline.exec();
    });
  }
}
