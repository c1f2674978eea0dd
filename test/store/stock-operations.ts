import { cancel } from '../../lib/store/cancel.ts';
import type { Store } from '../../lib/store/connection.ts';
import { erase } from '../../lib/store/erase.ts';
import { segmentName } from '../../lib/store/keys.ts';
import { replace } from '../../lib/store/replace.ts';
import { forgetEndedBefore } from '../../lib/store/retention.ts';
import * as scripts from '../../lib/store/scripts.ts';
import { settleAndClaim } from '../../lib/store/settle.ts';
import { changeStock, forgetAllowances, repairStock, untrackStock } from '../../lib/store/stock.ts';
import { allowanceOf } from '../../lib/store/stock-record.ts';
import { orderOf, stocked, submitWithStock } from '../stock/stock.ts';
import { NOW_MS } from '../support/orders.ts';
import { claimReady, type TestStore } from '../support/store.ts';
import type { Operation } from './operations.ts';
import { LATER_MS, settled, settlementsOf } from './settling.ts';

const orders = ['1', '2'].map((key) => orderOf(key, { a: 2, b: 1, free: 1 }));
const ids = orders.map(({ id }) => id);
const [id = ''] = ids;

/** Two orders that have reserved units of two SKUs, one of them with a limit. */
async function reserved(store: TestStore): Promise<void> {
  await stocked(store, { a: 10 }, 9, 'first');
  await stocked(store, { b: 10 }, undefined, 'second');
  await submitWithStock(store, orders);
}

async function canceled(store: TestStore): Promise<void> {
  await reserved(store);
  await cancel(store, { id, nowMs: NOW_MS });
}

function settledAs(kind: 'produced' | 'rejected') {
  return async (store: TestStore) => {
    await reserved(store);
    await settled(store, kind === 'produced' ? { kind } : { kind, reason: 'poison' });
  };
}

const after = (
  script: scripts.Script,
  reach: (store: TestStore) => Promise<void>,
  call: (store: Store) => Promise<unknown>,
): Operation => ({
  script,
  async prepare(store) {
    await reach(store);
    return { ids, call };
  },
});

const replacing = (store: Store) => {
  const order = { ...orderOf('x', { a: 3, c: 1 }, { customer: 'new' }), id };
  return replace(store, { order, nowMs: NOW_MS + 10_000, hasStock: true });
};
const canceling = (store: Store) => cancel(store, { id, nowMs: LATER_MS });
const erasing = (store: Store) => erase(store, id, NOW_MS + 10_000);

/** What changes stock, and changes to orders that have some. */
export const STOCK_OPERATIONS: Record<string, Operation> = {
  'submit of orders that reserve, of one that is known, and of one that is refused': {
    script: scripts.SUBMIT,
    isToldApart: true,
    async prepare(store) {
      await reserved(store);
      const all = [...orders, orderOf('3', { a: 1, b: 2 }), orderOf('4', { a: 9 })];
      const later = orderOf('later', { b: 1 }, { produceAtMs: LATER_MS });
      return {
        ids: [...ids, all[2]?.id ?? '', later.id],
        call: (through) => submitWithStock(through, [...all, later]),
      };
    },
  },
  'settle of orders that take from stocks': {
    script: scripts.SETTLE,
    async prepare(store) {
      await reserved(store);
      const settlements = await settlementsOf(store, await claimReady(store, { holder: 'holder' }));
      return {
        ids,
        call: async (through) => (await settleAndClaim(through, settlements, undefined)).stands,
      };
    },
  },
  'cancel of an order that has reserved': after(scripts.CANCEL, reserved, canceling),
  'cancel of a dead order that has reserved': after(
    scripts.CANCEL,
    settledAs('rejected'),
    canceling,
  ),
  'erasing of an order that has reserved': after(scripts.ERASE, reserved, erasing),
  'erasing of a dead order that has reserved': after(scripts.ERASE, settledAs('rejected'), erasing),
  'erasing of an order that took from stocks': after(scripts.ERASE, settledAs('produced'), erasing),
  'replacing of an order that has reserved': after(scripts.REPLACE, reserved, replacing),
  'replacing of a canceled order by one that reserves': after(scripts.REPLACE, canceled, replacing),
  'setting and adding of stock': after(scripts.SET_STOCK, reserved, (store: Store) =>
    changeStock(
      store,
      [
        { sku: 'a', kind: 'add', units: 5, perCustomerMax: null },
        { sku: 'c', kind: 'set', units: 1, perCustomerMax: 1 },
      ],
      'request',
    ),
  ),
  'untracking of a SKU': after(scripts.UNTRACK_STOCK, reserved, async (store: Store) => {
    await untrackStock(store, 'a');
  }),
  'forgetting of orders that took from stocks': {
    script: scripts.FORGET,
    async prepare(store) {
      await settledAs('produced')(store);
      const request = { segment: segmentName('shop', 0), beforeMs: LATER_MS, skipped: 0 };
      return { ids: [], call: (through) => forgetEndedBefore(through, request) };
    },
    isUpkeep: true,
    isToldApart: true,
  },
  'dropping of what customers have of a SKU': after(
    scripts.FORGET_ALLOWANCES,
    reserved,
    (store: Store) => {
      const digest = allowanceOf('shop', '17850', 'a');
      return forgetAllowances(store, [digest], { limits: new Set(), beforeMs: 0 });
    },
  ),
  'repair of stock': {
    ...after(scripts.REPAIR_STOCK, reserved, (store: Store) =>
      repairStock(store, { sku: 'none', isRepair: true }),
    ),
  },
};
