import { randomUUID } from 'node:crypto';
import type { APIGatewayProxyEventV2, Context } from 'aws-lambda';
// The one that SLUICE_PRODUCER names: deploy/bundle.ts says to esbuild which that is.
import { createProducer } from '#producer';
import { drainSlot, type SlotRequest } from '../lib/drain/drain-slot.ts';
import { measureStock } from '../lib/drain/measure-stock.ts';
import { threadsOf } from '../lib/drain/producer-thread.ts';
import { type DrainEvent, wokenDrain } from '../lib/drain/woken-drain.ts';
import { pausedOrRunning } from '../lib/http/paused-or-running.ts';
import { json } from '../lib/http/responses.ts';
import { withFields } from '../lib/log.ts';
import { drainIdOf } from '../lib/orders/holder.ts';
import { httpFunction } from '../lib/runtime.ts';
import type { DrainRecord } from '../lib/store/activity.ts';
import { acquireLock } from '../lib/store/lock.ts';
import { currentPause } from '../lib/store/pause.ts';

const HTTP_DRAIN_MS_MAX = 20_000;
const LOCK_LEASE_MS = 30_000;

type DrainRequest = Omit<SlotRequest, 'drainId'> & { readonly requestId: string };

/** The schedule's drain, and `POST /drain`: one function, so that both share its concurrency. */
export const handler = await httpFunction(({ route, ...runtime }) => {
  const { clock, config, keys, metrics, random, storeForBatches, storeForRequests } = runtime;
  const [store, { client: lockClient }] = [storeForBatches(), storeForRequests()];
  const producer = createProducer(runtime);
  const thread = threadsOf(producer, new URL(import.meta.url), runtime.env);
  const parts = { store, producer, clock, random, metrics, unwritten: [] as DrainRecord[] };

  async function drain({ requestId, ...run }: DrainRequest) {
    const log = withFields(runtime.log, { requestId, slot: run.slot });
    const hold = { client: lockClient, clock, key: keys.lock(run.slot), leaseMs: LOCK_LEASE_MS };
    const lock = () => acquireLock({ ...hold, token: randomUUID() });
    const { isolated, stop } = thread();
    const dependencies = { ...parts, isolated, log, lock };
    const request = { ...run, drainId: drainIdOf(run.slot, randomUUID()) };
    const outcome = await drainSlot(dependencies, config, request).finally(stop);
    const hasSold = config.hasStock && outcome.kind === 'drained' && outcome.report.produced > 0;
    if (hasSold) await measureStock(store, { metrics, log });
    return outcome;
  }

  /** POST /drain: 200 with what the drain did; 409 where another holds the lock or a pause; 503. */
  const drainNow = route({ scope: 'orders:admin', audit: 'drain' }, async (request) => {
    const deadlineMs = clock.now() + Math.min(HTTP_DRAIN_MS_MAX, request.remainingMs());
    const run = { slot: 0, requestId: request.requestId, deadlineMs, trigger: 'asked' } as const;
    const outcome = await drain(run);
    if (outcome.kind === 'busy') return pausedOrRunning(await currentPause(store));
    return { ...json(200, outcome.report), audit: { claimed: outcome.report.claimed } };
  });

  return async (event: APIGatewayProxyEventV2 | DrainEvent, context: Context) => {
    if ('requestContext' in event) return drainNow(event, context);
    const [{ slot = 0, isWoken = false }, requestId] = [event, context.awsRequestId];
    const trigger = isWoken ? 'woken' : 'schedule';
    const deadlineMs = clock.now() + context.getRemainingTimeInMillis();
    const drainOnce = async () => {
      const outcome = await drain({ slot, requestId, deadlineMs, trigger });
      runtime.log('info', 'drained', { requestId, slot, isWoken, outcome });
      return outcome;
    };
    if (!isWoken) return drainOnce();
    return wokenDrain({ store, clock, drain: drainOnce, intervalMs: config.wakeIntervalMs });
  };
});
