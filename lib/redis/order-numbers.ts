import { StoreUnavailable } from '../queue/errors.ts';
import type { OrderNumbers } from '../queue/store.ts';
import type { RedisClient } from './client.ts';
import type { Keys } from './keys.ts';

export function orderNumbers(client: RedisClient, keys: Keys): OrderNumbers {
  return {
    async take(count: number): Promise<number> {
      // Safe to repeat: a reply that is lost leaves a gap, never a number given out twice.
      const last = await client.repeatedly(async (redis) => {
        const answer: unknown = await redis.incrby(keys.number, count);
        if (Number.isSafeInteger(answer) && (answer as number) >= count) return answer as number;
        throw new StoreUnavailable('Redis answered what is no order number');
      });
      return last - count + 1;
    },
  };
}
