import { expect } from 'vitest';
import { announce, type Sent } from '../../lib/events/announce.ts';
import { NO_METRICS } from '../../lib/metrics/metrics.ts';
import { eventStore } from '../../lib/redis/event-store.ts';
import { claimRequest, NOW_MS, submitOrders } from '../support/orders.ts';
import { steppedClock } from '../support/stepped-clock.ts';
import { freshStore, type TestStore } from '../support/store.ts';
import type { Scenario } from './lives.ts';

interface Announcement {
  readonly store: TestStore;
  /** Ids of the events that there are, the oldest first. */
  readonly events: readonly string[];
  /** Ids of those that the receiver got, in that order. */
  readonly got: string[];
}

/** A run that announces three events, of which the receiver refuses the second. */
export function announceScenario(server: Parameters<typeof freshStore>[0]): Scenario<Announcement> {
  return {
    name: 'a run of the announcer',
    async begin() {
      const store = freshStore(server, { isAnnounced: true });
      const ids = await submitOrders(store, 3);
      const { token } = await store.claim(claimRequest());
      const settlements = ids.map((id) => ({ id, kind: 'produced' as const }));
      await store.settle(token, settlements, NOW_MS);
      return { store, events: ids.map((id) => `${id}:produced:${NOW_MS}`), got: [] };
    },
    live({ store, events, got }, life) {
      const receiver = async ({ id }: { id: string }): Promise<Sent> => {
        got.push(id);
        return id === events[1] ? { kind: 'refused', reason: 'x' } : { kind: 'taken' };
      };
      const dependencies = {
        store: eventStore(life.guard('redis', store.client), store.keys),
        send: receiver,
        clock: steppedClock(NOW_MS),
        log: () => undefined,
        metrics: NO_METRICS,
        concurrency: 1,
      };
      return announce(life.guard('announcer', dependencies), new AbortController().signal);
    },
    async check({ store: { redis, keys }, events, got }, lives) {
      expect([...new Set(got)]).toEqual(events);
      for (const id of events) {
        expect(got.filter((event) => event === id).length).toBeLessThanOrEqual(lives);
      }
      expect(await redis.exists(keys.events)).toBe(0);
      expect(await redis.lrange(keys.eventsRefused, 0, -1)).toEqual([events[1]]);
    },
  };
}
