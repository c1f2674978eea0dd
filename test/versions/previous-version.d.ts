import type { NewOrder, SubmitAnswer } from '../../lib/queue/store.ts';
import type { RedisClient } from '../../lib/redis/client.ts';
import type { Keys } from '../../lib/redis/keys.ts';

/** What `previous-version.js` has: as today's, as far as the tests of two versions call it. */
export { cancelStore } from '../../lib/redis/cancel-store.ts';
export { connect } from '../../lib/redis/client.ts';
export { keysWith } from '../../lib/redis/keys.ts';
export { orderNumbers } from '../../lib/redis/order-numbers.ts';
export { productionStore } from '../../lib/redis/production-store.ts';
export { readStore } from '../../lib/redis/read-store.ts';

/** It did not tell the queue's depth yet. */
export function intakeStore(
  client: RedisClient,
  keys: Keys,
): { submit(orders: readonly NewOrder[], acceptedAtMs: number): Promise<readonly SubmitAnswer[]> };
