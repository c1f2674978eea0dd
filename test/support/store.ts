import { randomUUID } from 'node:crypto';
import { inject } from 'vitest';
import type { SubmitAnswer } from '../../lib/queue/store.ts';
import { cancelStore } from '../../lib/redis/cancel-store.ts';
import { connect } from '../../lib/redis/client.ts';
import { eventStore } from '../../lib/redis/event-store.ts';
import { intakeStore } from '../../lib/redis/intake-store.ts';
import { keysWith } from '../../lib/redis/keys.ts';
import { orderNumbers } from '../../lib/redis/order-numbers.ts';
import { productionStore } from '../../lib/redis/production-store.ts';
import { readStore } from '../../lib/redis/read-store.ts';
import { redriveStore } from '../../lib/redis/redrive-store.ts';
import type { TestOrder } from './orders.ts';

interface StoreOptions {
  /** Whether orders that end leave events. */
  readonly isAnnounced?: boolean;
}

/** The store of one test: the real one, on the shared Redis, under keys of its own. */
export function freshStore(
  server: { url: string; token: string } = inject('upstash'),
  options: StoreOptions = {},
) {
  return storeWith(server, `${randomUUID()}:`, options);
}

/** The store as functions see it that run with this prefix. */
export function storeWith(
  server: { url: string; token: string },
  prefix: string,
  options: StoreOptions = {},
) {
  const client = connect({ ...server, timeoutMs: 5_000, sendsMax: 2, random: Math.random });
  const keys = keysWith(prefix);
  const intake = intakeStore(client, keys);
  return {
    prefix,
    keys,
    client,
    redis: client.redis,
    numbers: orderNumbers(client, keys),
    submitAll: intake.submit,
    /** Submits one order at its own time. */
    async submit(order: TestOrder): Promise<SubmitAnswer> {
      const { answers } = await intake.submit([order], order.acceptedAtMs);
      return answers[0] as SubmitAnswer;
    },
    ...readStore(client, keys),
    ...cancelStore(client, keys, options),
    ...redriveStore(client, keys),
    ...productionStore(client, keys, randomUUID(), options),
    events: eventStore(client, keys),
  };
}

export type TestStore = ReturnType<typeof freshStore>;
