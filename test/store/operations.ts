import type { ProducerAnswer } from '../../lib/producers/producer.ts';
import { cancel } from '../../lib/store/cancel.ts';
import type { Store } from '../../lib/store/connection.ts';
import { takeOutEvents } from '../../lib/store/events.ts';
import { extend } from '../../lib/store/extend.ts';
import { pauseDrains, resumeDrains } from '../../lib/store/pause.ts';
import { redrive } from '../../lib/store/redrive.ts';
import { runScript } from '../../lib/store/run-script.ts';
import * as scripts from '../../lib/store/scripts.ts';
import { settleAndClaim } from '../../lib/store/settle.ts';
import { submit } from '../../lib/store/submit.ts';
import { NOW_MS, newOrder } from '../support/orders.ts';
import { claimReady, submitAll, type TestStore } from '../support/store.ts';
import { CHANGES } from './change-operations.ts';
import { HOLDER, LATER_MS, settled, settlementsOf, submitted } from './settling.ts';
import { STOCK_OPERATIONS } from './stock-operations.ts';
import { UPKEEP_OPERATIONS } from './upkeep-operations.ts';

/** One call of a script, ready to be made. */
export interface Prepared {
  /** The orders that were accepted before, and those that the call accepts. */
  readonly ids: readonly string[];
  /** Makes the call, on this store or on one that reaches the same keys by another way. */
  call(store: Store): Promise<unknown>;
}

export interface Operation {
  readonly script: scripts.Script;
  prepare(store: TestStore): Promise<Prepared>;
  /** What upkeep does: it has no other retry than the next upkeep. */
  readonly isUpkeep?: boolean;
  /** Whether a second call does something else than the first, so that it is never sent twice. */
  readonly isOnce?: boolean;
  /** Whether a second call answers that there is nothing left to do. */
  readonly isToldApart?: boolean;
  /** Whether it goes on without some of what its script does. */
  readonly bearsFailures?: boolean;
}

const idsOf = (orders: readonly { id: string }[]) => orders.map(({ id }) => id);

/** Every kind of settlement in one: each order meets another fate. */
async function settleOfAllKinds(store: TestStore): Promise<Prepared> {
  const ids = await submitted(store, 'shop', 9);
  const other = await submitted(store, 'other', 2);
  await cancel(store, { id: ids[0] as string, nowMs: NOW_MS });
  // The last claim of one was not settled, and another has no record.
  const some = { clients: ['shop'], ordersMax: 2, holder: HOLDER };
  await claimReady(store, { nowMs: NOW_MS, leaseMs: 1_000, ...some });
  await store.redis.del(store.keys.order(ids[8] as string));
  const claim = await claimReady(store, { nowMs: NOW_MS + 2_000, holder: HOLDER });
  const answers: ProducerAnswer[] = [
    { kind: 'produced', orderNumber: 'next' },
    { kind: 'produced', orderNumber: 'next', result: { ok: [] } },
    { kind: 'produced', orderNumber: 7 },
    { kind: 'retry', reason: 'busy' },
    { kind: 'rejected', reason: 'no such SKU' },
    { kind: 'untried' },
  ];
  const answerOf = (id: string) =>
    answers[(ids.indexOf(id) - 2) % answers.length] ?? (answers[0] as ProducerAnswer);
  const settlements = await settlementsOf(store, claim, answerOf);
  return {
    ids: [...ids.slice(0, 8), ...other],
    async call(through) {
      const { stands } = await settleAndClaim(through, settlements, undefined);
      // Where nothing is written, a repeat cannot know that it is one.
      return stands.filter((_, at) => settlements.settlements[at]?.state !== undefined);
    },
  };
}

function canceling(id: string, client?: string): Prepared['call'] {
  return (through) => cancel(through, { id, nowMs: LATER_MS, ...(client && { client }) });
}

/** Orders of two clients, of which `answer` was given for all. */
async function twoClients(store: TestStore, answer: ProducerAnswer) {
  const ids = [...(await submitted(store, 'shop', 3)), ...(await submitted(store, 'other', 2))];
  await settled(store, answer);
  return ids as [string, string, string, string, string];
}

const DEAD: ProducerAnswer = { kind: 'rejected', reason: 'poison' };

/** Each script, called in each way that takes another path through it. */
export const OPERATIONS: Record<string, Operation> = {
  'submit of new, known and scheduled orders': {
    script: scripts.SUBMIT,
    isToldApart: true,
    async prepare(store) {
      const known = newOrder('ready-0');
      await submitAll(store, [known]);
      await settled(store);
      const orders = [known, ...['a', 'b', 'c'].map((key) => newOrder(key))];
      const later = newOrder('later', { submission: { produceAtMs: LATER_MS } });
      const all = [...orders, later];
      return { ids: idsOf(all), call: (through) => submitAll(through, all) };
    },
  },
  'submit that counts its bytes and what is due': {
    script: scripts.SUBMIT,
    isToldApart: true,
    bearsFailures: true,
    async prepare(store) {
      const before = await submitted(store, 'shop', 2, 1);
      const fresh = newOrder('fresh');
      const request = {
        ...{ client: 'shop', orders: [fresh], nowMs: LATER_MS, pendingMax: 9, queueMax: 9 },
        countsDue: true,
        asks: () => ({ owedBytes: 7, bytesMax: { ofClient: 1_000_000, ofAll: 1_000_000 } }),
      };
      return { ids: [...before, fresh.id], call: (through) => submit(through, request) };
    },
  },
  'submit beside orders that wait': {
    script: scripts.SUBMIT,
    isToldApart: true,
    async prepare(store) {
      const before = await submitted(store, 'shop', 2);
      const fresh = newOrder('fresh');
      return { ids: [...before, fresh.id], call: (through) => submitAll(through, [fresh]) };
    },
  },
  'claim from several clients': {
    script: scripts.CLAIM,
    isOnce: true,
    async prepare(store) {
      const due = await twoClients(store, { kind: 'retry', reason: 'busy' });
      const queued = newOrder('queued');
      await submitAll(store, [queued]);
      const ids = [...due, queued.id, ...(await submitted(store, 'third', 2, 1))];
      const call = (through: Store) => claimReady(through, { nowMs: LATER_MS, holder: HOLDER });
      return { ids, call };
    },
  },
  'settle of all kinds': { script: scripts.SETTLE, prepare: settleOfAllKinds },
  'extend of leases of two clients': {
    script: scripts.EXTEND,
    async prepare(store) {
      const ids = [...(await submitted(store, 'shop', 2)), ...(await submitted(store, 'other', 1))];
      const { leases } = await claimReady(store, { holder: HOLDER });
      return { ids, call: (through) => extend(through, leases, LATER_MS) };
    },
  },
  'cancel of an order that waits in the queue': {
    script: scripts.CANCEL,
    async prepare(store) {
      const ids = await submitted(store, 'shop', 2);
      return { ids, call: canceling(ids[0] as string, 'shop') };
    },
  },
  'cancel of a scheduled order': {
    script: scripts.CANCEL,
    async prepare(store) {
      const ids = await submitted(store, 'shop', 0, 2);
      return { ids, call: canceling(ids[0] as string, 'shop') };
    },
  },
  'cancel of an order that waits to be tried alone': {
    script: scripts.CANCEL,
    async prepare(store) {
      const ids = await submitted(store, 'shop', 2);
      await claimReady(store, { nowMs: NOW_MS, leaseMs: 1_000, holder: HOLDER });
      await settled(store, { kind: 'produced' }, NOW_MS + 5_000);
      return { ids, call: canceling(ids[0] as string, 'shop') };
    },
  },
  'cancel of a dead order': {
    script: scripts.CANCEL,
    async prepare(store) {
      const ids = await twoClients(store, DEAD);
      return { ids, call: canceling(ids[0]) };
    },
  },
  'redrive of dead orders of two clients at a pace': {
    script: scripts.REDRIVE,
    async prepare(store) {
      const ids = await twoClients(store, DEAD);
      const request = { ids: ids.slice(1), pauseMs: 10, redriveId: 'mark', nowMs: LATER_MS };
      return { ids, call: (through) => redrive(through, request) };
    },
  },
  'take-out of events, one of them to be sent again and one set aside': {
    script: scripts.TAKE_OUT_EVENTS,
    async prepare(store) {
      const ids = await twoClients(store, { kind: 'produced' });
      const events = (await store.redis.lrange(store.keys.events, -2, -1)).reverse();
      const again = { kind: 'again', tries: 1 } as const;
      const aside = { kind: 'aside', aside: { reason: 'x', asideAtMs: NOW_MS } } as const;
      const sent = events.map((id, at) => ({ id, tries: 0, to: at === 0 ? again : aside }));
      return { ids, call: (through) => takeOutEvents(through, 'events', sent) };
    },
  },
  'extension of a lock': {
    script: scripts.EXTEND_LOCK,
    async prepare(store) {
      const key = store.keys.lock(0);
      await store.redis.set(key, 'token', { px: 60_000 });
      const call = { script: scripts.EXTEND_LOCK, keys: [key], args: ['token', '60000'] };
      return { ids: [], call: (through) => runScript(through.client, call) };
    },
  },
  'end of a pause': {
    script: scripts.RESUME,
    isToldApart: true,
    async prepare(store) {
      await pauseDrains(store, { by: 'ops', forMs: 60_000 }, NOW_MS);
      return { ids: [], call: resumeDrains };
    },
  },
  ...CHANGES,
  ...STOCK_OPERATIONS,
  ...UPKEEP_OPERATIONS,
};
