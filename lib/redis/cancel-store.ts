import type { CancelAnswer, CancelRequest, CancelStore } from '../queue/store.ts';
import type { RedisClient } from './client.ts';
import type { Keys } from './keys.ts';
import { runRepeatedly } from './run-script.ts';
import { CANCEL } from './scripts.ts';

/** @param isAnnounced  whether an order that is canceled leaves an event for the announcer */
export function cancelStore(
  client: RedisClient,
  keys: Keys,
  { isAnnounced = false }: { readonly isAnnounced?: boolean } = {},
): CancelStore {
  return {
    async cancel({ id, client: whose = '', nowMs }: CancelRequest): Promise<CancelAnswer> {
      const [kind, status] = (await runRepeatedly(
        client,
        CANCEL,
        [keys.order(id), keys.owners, keys.canceled, keys.events],
        [id, whose, String(nowMs), isAnnounced ? '1' : '0'],
      )) as [CancelAnswer['kind'], string?];
      return kind === 'refused' ? { kind, status: status ?? '' } : { kind };
    },
  };
}
