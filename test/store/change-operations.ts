import { cancel } from '../../lib/store/cancel.ts';
import { erase } from '../../lib/store/erase.ts';
import { replace } from '../../lib/store/replace.ts';
import * as scripts from '../../lib/store/scripts.ts';
import { NOW_MS, newOrder } from '../support/orders.ts';
import { claimReady, type TestStore } from '../support/store.ts';
import type { Operation } from './operations.ts';
import { HOLDER, LATER_MS, settled, submitted } from './settling.ts';

/** Submits two orders of a client, and brings the first to where it shall be. */
export type Reach = (store: TestStore) => Promise<string[]>;

const queued: Reach = (store) => submitted(store, 'shop', 2);
const scheduled: Reach = (store) => submitted(store, 'shop', 0, 2);

async function canceled(store: TestStore): Promise<string[]> {
  const ids = await queued(store);
  await cancel(store, { id: ids[0] as string, nowMs: NOW_MS });
  return ids;
}

async function ended(store: TestStore): Promise<string[]> {
  const ids = await canceled(store);
  await settled(store);
  return ids;
}

async function alone(store: TestStore): Promise<string[]> {
  const ids = await queued(store);
  await claimReady(store, { nowMs: NOW_MS, leaseMs: 1_000, holder: HOLDER });
  await settled(store, { kind: 'produced' }, NOW_MS + 5_000);
  return ids;
}

function settledAs(kind: 'produced' | 'rejected'): Reach {
  return async (store) => {
    const ids = await queued(store);
    await settled(store, kind === 'produced' ? { kind } : { kind, reason: 'poison' });
    return ids;
  };
}

export const REACH = {
  ...{ queued, scheduled, alone },
  'canceled and not moved yet': canceled,
  'canceled and ended': ended,
  dead: settledAs('rejected'),
  produced: settledAs('produced'),
} satisfies Record<string, Reach>;

const replacing = (reach: Reach, produceAtMs?: number): Operation => ({
  script: scripts.REPLACE,
  async prepare(store) {
    const ids = await reach(store);
    const { submission } = newOrder('other', {
      submission: { customer: '12345', ...(produceAtMs !== undefined && { produceAtMs }) },
    });
    const order = { id: ids[0] as string, submission };
    return { ids, call: (through) => replace(through, { order, nowMs: NOW_MS + 10_000 }) };
  },
});

const erasing = (reach: Reach): Operation => ({
  script: scripts.ERASE,
  async prepare(store) {
    const ids = await reach(store);
    return { ids, call: (through) => erase(through, ids[0] as string, NOW_MS + 10_000) };
  },
});

/** What changes an order from outside of a drain. */
export const CHANGES: Record<string, Operation> = {
  'replacing of an order in the queue': replacing(queued),
  'replacing of an order in the queue by one for later': replacing(queued, LATER_MS),
  'replacing of a scheduled order by one that is ready': replacing(scheduled),
  'replacing of a scheduled order by one for later': replacing(scheduled, 2 * LATER_MS - NOW_MS),
  'replacing of a canceled order that no drain has moved': replacing(canceled),
  'replacing of a canceled order that has ended': replacing(ended),
  'erasing of an order in the queue': erasing(queued),
  'erasing of a scheduled order': erasing(scheduled),
  'erasing of an order that waits to be tried alone': erasing(alone),
  'erasing of a canceled order that no drain has moved': erasing(canceled),
  'erasing of a canceled order that has ended': erasing(ended),
  'erasing of a dead order': erasing(REACH.dead),
  'erasing of a produced order': erasing(REACH.produced),
};
