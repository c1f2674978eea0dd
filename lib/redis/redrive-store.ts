import type { RedriveRequest, RedriveStore } from '../queue/store.ts';
import type { RedisClient } from './client.ts';
import type { Keys } from './keys.ts';
import { runRepeatedly } from './run-script.ts';
import { REDRIVE } from './scripts.ts';

export function redriveStore(client: RedisClient, keys: Keys): RedriveStore {
  return {
    oldestDead(ordersMax: number): Promise<string[]> {
      return client.repeatedly((redis) => redis.zrange<string[]>(keys.dead, 0, ordersMax - 1));
    },

    async redrive({ ids, pauseMs, mark, nowMs }: RedriveRequest): Promise<boolean[]> {
      const answers = await runRepeatedly(
        client,
        REDRIVE,
        [keys.dead, keys.pending, keys.redrive, ...ids.map((id) => keys.order(id))],
        [String(nowMs), String(pauseMs), mark, ...ids],
      );
      return answers.map((answer) => answer === 1);
    },
  };
}
