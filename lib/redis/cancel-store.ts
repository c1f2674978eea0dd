import type { CancelAnswer, CancelRequest, CancelStore } from '../queue/store.ts';
import type { RedisClient } from './client.ts';
import type { Keys } from './keys.ts';
import { runRepeatedly } from './run-script.ts';
import { CANCEL } from './scripts.ts';

export function cancelStore(client: RedisClient, keys: Keys): CancelStore {
  return {
    async cancel({ id, client: whose = '', nowMs }: CancelRequest): Promise<CancelAnswer> {
      const [kind, status] = (await runRepeatedly(
        client,
        CANCEL,
        [keys.order(id), keys.owners, keys.canceled],
        [id, whose, String(nowMs)],
      )) as [CancelAnswer['kind'], string?];
      return kind === 'refused' ? { kind, status: status ?? '' } : { kind };
    },
  };
}
