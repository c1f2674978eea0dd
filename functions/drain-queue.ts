import { randomUUID } from 'node:crypto';
import type { APIGatewayProxyEventV2, Context } from 'aws-lambda';
// The one that SLUICE_PRODUCER names: deploy/bundle.ts says to esbuild which that is.
import { createProducer } from '#producer';
import { json, problem } from '../lib/http/responses.ts';
import { withFields } from '../lib/log.ts';
import { drainSlot } from '../lib/production/drain-slot.ts';
import { type DrainEvent, wokenDrain } from '../lib/production/woken-drain.ts';
import { acquireLock } from '../lib/redis/lock.ts';
import { orderNumbers } from '../lib/redis/order-numbers.ts';
import { productionStore } from '../lib/redis/production-store.ts';
import { httpFunction } from '../lib/runtime.ts';

const HTTP_DRAIN_MS_MAX = 20_000;
const LOCK_LEASE_MS = 30_000;

/** The schedule's drain, and `POST /drain`: one function, so that both share its concurrency. */
export const handler = await httpFunction(({ route, ...surroundings }) => {
  const { clock, config, keys, metrics, random } = surroundings;
  const client = surroundings.redisForBatches();
  const lockClient = surroundings.redisForRequests();
  const store = productionStore(client, keys, randomUUID(), config);
  const numbers = orderNumbers(client, keys);
  const producer = createProducer({ ...surroundings, numbers });
  const { wakeIntervalMs: intervalMs } = config;
  const limits = { ...config, isToTheEnd: intervalMs > 0 };

  function drain(slot: number, requestId: string, deadlineMs: number) {
    const log = withFields(surroundings.log, { requestId, slot });
    const lock = () => {
      const request = { client: lockClient, clock, key: keys.lock(slot), leaseMs: LOCK_LEASE_MS };
      return acquireLock({ ...request, token: randomUUID() });
    };
    const dependencies = { store, producer, clock, random, log, metrics, lock };
    return drainSlot(dependencies, limits, deadlineMs);
  }

  /** POST /drain: 200 with what the drain did; 409 where another holds the lock; 503. */
  const drainNow = route({ scope: 'orders:admin' }, async (request) => {
    const timeMs = Math.min(HTTP_DRAIN_MS_MAX, request.remainingMs());
    const outcome = await drain(0, request.requestId, clock.now() + timeMs);
    if (outcome.kind === 'busy') return problem('drain-running', 'Another drain holds the lock.');
    return json(200, outcome.report);
  });

  return async (event: APIGatewayProxyEventV2 | DrainEvent, context: Context) => {
    if ('requestContext' in event) return drainNow(event, context);
    const { slot = 0, isWoken = false } = event;
    const { awsRequestId: requestId } = context;
    const deadlineMs = clock.now() + context.getRemainingTimeInMillis();
    const drainOnce = async () => {
      const outcome = await drain(slot, requestId, deadlineMs);
      surroundings.log('info', 'drained', { requestId, slot, isWoken, outcome });
      return outcome;
    };
    return isWoken ? wokenDrain({ store, clock, drain: drainOnce, intervalMs }) : drainOnce();
  };
});
