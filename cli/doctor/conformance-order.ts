import { randomUUID } from 'node:crypto';
import { drain } from '../../lib/drain/drain.ts';
import { retain } from '../../lib/maintenance/retention.ts';
import { NO_METRICS } from '../../lib/metrics/metrics.ts';
import { withContent } from '../../lib/orders/content.ts';
import { orderIdOf } from '../../lib/orders/identity.ts';
import type { Submission } from '../../lib/orders/submission.ts';
import type { ProducerAnswer } from '../../lib/producers/producer.ts';
import { weigh } from '../../lib/store/bytes.ts';
import { cancel } from '../../lib/store/cancel.ts';
import { catalogue } from '../../lib/store/catalogue.ts';
import { readyClients } from '../../lib/store/claim.ts';
import type { Store } from '../../lib/store/connection.ts';
import { countOrders } from '../../lib/store/count.ts';
import { erase } from '../../lib/store/erase.ts';
import { oldestEvents, takeOutEvents } from '../../lib/store/events.ts';
import { extend } from '../../lib/store/extend.ts';
import { segmentName } from '../../lib/store/keys.ts';
import { listOrders } from '../../lib/store/list.ts';
import type { NewOrder } from '../../lib/store/order-record.ts';
import { resumeDrains } from '../../lib/store/pause.ts';
import { raiseCounters } from '../../lib/store/raise-counters.ts';
import { findOrder } from '../../lib/store/read.ts';
import { recount } from '../../lib/store/recount.ts';
import { redrive } from '../../lib/store/redrive.ts';
import { refile } from '../../lib/store/refile.ts';
import { release } from '../../lib/store/release.ts';
import { replace } from '../../lib/store/replace.ts';
import { restore } from '../../lib/store/restore.ts';
import { runScript } from '../../lib/store/run-script.ts';
import { EXTEND_LOCK, FORGET_ALLOWANCES } from '../../lib/store/scripts.ts';
import { serve } from '../../lib/store/serve.ts';
import { changeStock, repairStock, untrackStock } from '../../lib/store/stock.ts';
import { submit } from '../../lib/store/submit.ts';
import { type Check, mustBe } from './check.ts';
import type { RedisSide } from './redis-side.ts';

const CLIENT = 'doctor';
const HOUR_MS = 3_600_000;

/** The scripts that Sluice ships, run as functions run them. */
export const ORDER_CHECKS: readonly Check<RedisSide>[] = [
  {
    name: 'orders',
    looksAt:
      'orders submitted, repeated, canceled, produced, retried, dead, redriven and forgotten',
    otherwise: 'This is what Sluice does. It would not work on this database.',
    run: ordersGoTheirWays,
  },
  {
    name: 'upkeep',
    looksAt: 'the other scripts of Sluice, on a client of whom nothing is kept',
    otherwise: 'Leases would not be extended, or stock, a pause, or the daily upkeep would fail.',
    run: upkeepFindsNothing,
  },
];

export function scratchOrder(idempotencyKey: string, more: Partial<Submission> = {}): NewOrder {
  const submission: Submission = {
    ...{ customer: 'doctor', currency: 'EUR', totalAmount: 100, ...more },
    lines: [{ sku: 'none', quantity: 1, unitAmount: 100 }],
  };
  const id = orderIdOf(CLIENT, idempotencyKey);
  return { id, client: CLIENT, idempotencyKey, ...withContent(submission) };
}

async function ordersGoTheirWays({ client, scratch }: RedisSide): Promise<string> {
  const store: Store = { client, keys: scratch.keys };
  const nowMs = Date.now();
  const names = ['produced', 'retried', 'rejected', 'canceled'];
  const orders = names.map((name) => scratchOrder(name));
  const later = scratchOrder('scheduled', { produceAtMs: nowMs + HOUR_MS });
  const request = {
    ...{ client: CLIENT, orders: [...orders, later], nowMs, pendingMax: 10, queueMax: 10 },
    countsDue: true,
    asks: () => ({ owedBytes: 0, bytesMax: { ofClient: 1_000_000, ofAll: 1_000_000 } }),
  };
  const kinds = async () => (await submit(store, request)).answers.map(({ kind }) => kind);
  mustBe('a submit of five', await kinds(), Array(5).fill('accepted'));
  mustBe('its repeat', await kinds(), Array(5).fill('known'));
  const [produced, retried, rejected, canceled] = orders.map(({ id }) => id);
  const answers: Record<string, ProducerAnswer> = {
    [`${retried}`]: { kind: 'retry', reason: 'tried by doctor', afterMs: HOUR_MS },
    [`${rejected}`]: { kind: 'rejected', reason: 'tried by doctor' },
  };
  await cancel(store, { id: `${canceled}`, nowMs });
  const { id, submission } = scratchOrder('produced', { reference: 'new' });
  const { kind } = await replace(store, { order: { id, submission }, nowMs });
  mustBe('a replacement', kind, 'replaced');
  await drained(store, nowMs, (id) => answers[id] ?? { kind: 'produced', orderNumber: 'next' });
  const redriven = { ids: [`${rejected}`], pauseMs: 0, redriveId: randomUUID(), nowMs };
  mustBe('a redrive', await redrive(store, redriven), [true]);
  await drained(store, nowMs + 2 * HOUR_MS, () => ({ kind: 'produced', orderNumber: 'next' }));
  const all = [produced, retried, rejected, later.id, canceled];
  const seen = [];
  for (const id of all) {
    const found = await findOrder(store, `${id}`, nowMs);
    seen.push(found.kind === 'order' ? found.order.status : undefined);
  }
  mustBe('what became of them', seen, [...Array(4).fill('produced'), 'canceled']);
  const page = { of: 'orders', client: CLIENT, ordersMax: 10, matches: () => true, nowMs } as const;
  mustBe('orders in a list', (await listOrders(store, page)).orders.length, all.length);
  mustBe('an erasure', await erase(store, `${produced}`, nowMs), { kind: 'erased' });
  await drained(store, nowMs + 3 * HOUR_MS, () => ({ kind: 'untried' }));
  const events = await oldestEvents(store, 'events', 0, nowMs);
  await takeOutEvents(
    store,
    'events',
    events.map(({ id, tries }) => ({ id, tries, to: { kind: 'out' } })),
  );
  const counts = await countOrders(store, nowMs);
  mustBe('the totals', counts.produced + counts.canceled, all.length);
  const late = { now: () => nowMs + 4 * HOUR_MS };
  const report = await retain({ store, clock: late, retentionMs: 0 });
  mustBe('what retention removes', report.removed, all.length);
  return `${all.length} orders through all of their states`;
}

async function drained(
  store: Store,
  nowMs: number,
  answerTo: (id: string) => ProducerAnswer,
): Promise<void> {
  const clock = { now: () => nowMs, after: () => () => undefined };
  const limits = { batchSize: 10, lanes: 1, leaseMs: 60_000, attemptsMax: 3, isAnnounced: true };
  await drain(
    {
      ...{ store, clock, log: () => undefined, metrics: NO_METRICS, random: () => 0 },
      producer: async (orders) => new Map(orders.map(({ id }) => [id, answerTo(id)])),
    },
    { ...limits, settleMs: 0, produceMsMin: 0 },
    { deadlineMs: nowMs + HOUR_MS, signal: new AbortController().signal },
    { drainId: randomUUID(), ready: await readyClients(store, nowMs) },
  );
}

/** Upkeep scans the whole database, so only its scripts are tried, which here have nothing to repair. */
async function upkeepFindsNothing({ client, scratch }: RedisSide): Promise<string> {
  await scratch.clear();
  const store: Store = { client, keys: scratch.keys };
  const nowMs = Date.now();
  const { id } = scratchOrder('upkeep');
  const order = { id, client: CLIENT, expected: null, state: undefined, isRepair: false };
  const segment = segmentName(CLIENT, 0);
  const lease = { id, owner: `1:1:${randomUUID()}`, from: CLIENT, claims: 1, rank: 1 };
  const counts = { canceled: 0, leaving: 0, uncertain: 0, isRepair: false };
  const lock = { script: EXTEND_LOCK, keys: [store.keys.lock(0)], args: ['no token', '1'] };
  const allowances = {
    script: FORGET_ALLOWANCES,
    keys: [store.keys.allowance('none')],
    args: ['-'],
  };
  const [stock] = await changeStock(store, [{ sku: 'none', kind: 'set', units: 1 }], randomUUID());
  const seen = [
    stock?.kind,
    await repairStock(store, { sku: 'none', isRepair: false }),
    await untrackStock(store, 'none'),
    await runScript(client, allowances),
    await resumeDrains(store),
    await weigh(store, [id]),
    await restore(store, { ...order, nowMs, stays: true }),
    await refile(store, order),
    await serve(store, CLIENT, { nowMs, isRepair: false }),
    await catalogue(store, segment, false),
    await recount(store, { ...counts, totals: ['', '', ''], segments: [segment] }),
    await raiseCounters(store, { number: 0, token: 0 }, false),
    await release(store, [lease], false),
    await extend(store, [lease], nowMs),
    await runScript(client, lock),
  ];
  const fine = [
    'changed',
    false,
    true,
    [0],
    false,
    [-1],
    'placed',
    'placed',
    'gone',
    'right',
    { kind: 'right' },
    { number: 0, token: 0 },
    [],
    [false],
    [0],
  ];
  mustBe('what they found', seen, fine);
  return `${seen.length} scripts, which found nothing wrong`;
}
