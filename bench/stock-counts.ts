import { randomUUID } from 'node:crypto';
import { systemClock } from '../lib/clock.ts';
import { reconcile } from '../lib/maintenance/reconcile.ts';
import { withContent } from '../lib/orders/content.ts';
import { orderIdOf } from '../lib/orders/identity.ts';
import { changeStock } from '../lib/store/stock.ts';
import { submit } from '../lib/store/submit.ts';
import type { Measuring } from './command-counts.ts';
import { CLIENT } from './orders.ts';

/** What it costs more to keep stock of what orders want: a submit, a drain of fifty, the daily pass. */
export async function stockCounts({ store, costOf, drain }: Measuring) {
  async function lifeOf(sku: string) {
    const submitted = (count: number) => {
      const orders = Array.from({ length: count }, (_, at) => {
        const lines = [{ sku, quantity: 1, unitAmount: 1 }];
        const submission = { customer: '1', currency: 'GBP', lines, totalAmount: 1 };
        const idempotencyKey = `${sku}-${count}-${at}`;
        const id = orderIdOf(CLIENT, idempotencyKey);
        return { id, client: CLIENT, idempotencyKey, ...withContent(submission) };
      });
      const request = { client: CLIENT, orders, nowMs: Date.now(), hasStock: sku === 'tracked' };
      return submit(store, { ...request, pendingMax: 1_000, queueMax: 1_000 });
    };
    await submitted(1);
    const submitting = await costOf(() => submitted(49));
    const draining = await costOf(drain);
    const pass = await costOf(() => reconcile({ store, clock: systemClock, isRepair: true }));
    return { submitting, draining, pass };
  }
  const plain = await lifeOf('free');
  await changeStock(store, [{ sku: 'tracked', kind: 'set', units: 1_000 }], randomUUID());
  const tracked = await lifeOf('tracked');
  return {
    submitWithStock: tracked.submitting - plain.submitting,
    drainWithStock: tracked.draining - plain.draining,
    passWithStock: tracked.pass - plain.pass,
  };
}
