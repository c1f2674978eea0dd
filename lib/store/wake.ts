import type { Store } from './connection.ts';

/**
 * Whether nobody has woken a drain lately: true once per interval, for all who ask. One billed command.
 *
 * @param intervalMs  counted from the first time that somebody asks
 * @throws StoreUnavailable
 */
export async function isFirstWake({ client, keys }: Store, intervalMs: number): Promise<boolean> {
  const answer = await client.once((redis) =>
    redis.set(keys.wake, '1', { nx: true, px: intervalMs }),
  );
  return answer === 'OK';
}
