import { randomUUID } from 'node:crypto';
import { announce } from '../lib/events/announce.ts';
import { readEventSettings } from '../lib/events/event-settings.ts';
import { eventSender } from '../lib/events/send-event.ts';
import { withFields } from '../lib/log.ts';
import { scheduledFunction } from '../lib/runtime.ts';
import { countEvents, hasEvents } from '../lib/store/events.ts';
import { acquireLock } from '../lib/store/lock.ts';

const LOCK_LEASE_MS = 30_000;
/** Kept free at the end: 5 s to remove what was announced, and as much to count and log. */
const END_MS = 13_000;

/** The schedule's run: announces what has become of orders, if that is switched on. */
export const handler = await scheduledFunction((runtime) => {
  const { clock, config, env, keys, metrics } = runtime;
  const { client: lockClient } = runtime.storeForRequests();
  const store = runtime.storeForBatches();
  const settings = config.isAnnounced ? readEventSettings(env) : undefined;
  const send = settings && eventSender(settings, clock);

  return async (_event, context) => {
    if (settings === undefined || send === undefined) return { kind: 'off' };
    const log = withFields(runtime.log, { requestId: context.awsRequestId });
    const deadlineMs = clock.now() + context.getRemainingTimeInMillis() - END_MS;
    if (!(await hasEvents(store))) {
      metrics.measure('OldestEventAge', 0);
      return { kind: 'none-waits' };
    }
    const lock = { client: lockClient, clock, key: keys.eventsLock, leaseMs: LOCK_LEASE_MS };
    const held = await acquireLock({ ...lock, token: randomUUID() });
    if (held === undefined) return { kind: 'busy' };

    const timeIsUp = new AbortController();
    const cancel = clock.after(deadlineMs - clock.now(), () => timeIsUp.abort());
    try {
      const { concurrency } = settings;
      const signal = AbortSignal.any([held.signal, timeIsUp.signal]);
      const dependencies = { store, send, clock, log, metrics, concurrency };
      const report = await announce(dependencies, signal);
      const { waiting, aside } = await countEvents(store);
      const isFailing = report.end === 'all-refused' || report.end === 'receiver-down';
      log(isFailing ? 'error' : 'info', 'announced', { ...report, waiting, aside });
      return { kind: 'announced', report, waiting };
    } finally {
      cancel();
      await held.release();
    }
  };
});
