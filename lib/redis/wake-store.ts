import type { WakeStore } from '../queue/wake-store.ts';
import type { RedisClient } from './client.ts';
import type { Keys } from './keys.ts';

/** One billed command for each asking. */
export function wakeStore(client: RedisClient, keys: Keys): WakeStore {
  return {
    async isFirst(intervalMs) {
      const set = (redis: RedisClient['redis']) =>
        redis.set(keys.wake, '1', { nx: true, px: intervalMs });
      return (await client.once(set)) === 'OK';
    },
  };
}
