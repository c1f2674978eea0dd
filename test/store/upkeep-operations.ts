import { weigh } from '../../lib/store/bytes.ts';
import { cancel } from '../../lib/store/cancel.ts';
import { catalogue } from '../../lib/store/catalogue.ts';
import type { Store } from '../../lib/store/connection.ts';
import { segmentName } from '../../lib/store/keys.ts';
import { readable, stateFrom } from '../../lib/store/order-record.ts';
import { raiseCounters } from '../../lib/store/raise-counters.ts';
import { recount, totalsNow } from '../../lib/store/recount.ts';
import { refile } from '../../lib/store/refile.ts';
import { release } from '../../lib/store/release.ts';
import { restore } from '../../lib/store/restore.ts';
import { forgetEndedBefore } from '../../lib/store/retention.ts';
import * as scripts from '../../lib/store/scripts.ts';
import { serve } from '../../lib/store/serve.ts';
import { NOW_MS } from '../support/orders.ts';
import type { TestStore } from '../support/store.ts';
import type { Operation } from './operations.ts';
import { LATER_MS, settled, submitted } from './settling.ts';

const SEGMENT = segmentName('shop', 0);
const UPKEEP = { isUpkeep: true, isToldApart: true } as const;

/** An order that was produced, with what its state says. */
async function produced(store: TestStore) {
  const [id] = (await submitted(store, 'shop', 1)) as [string];
  await settled(store);
  const expected = await store.redis.get<string>(store.keys.state(id));
  const state = readable(() => stateFrom(id, expected));
  return { id, client: 'shop', expected, state, isRepair: true };
}

/** What upkeep does to repair what was lost, and to forget. */
export const UPKEEP_OPERATIONS: Readonly<Record<string, Operation>> = {
  'forgetting of orders that ended long ago': {
    script: scripts.FORGET,
    ...UPKEEP,
    async prepare(store) {
      const ids = await submitted(store, 'shop', 3);
      await cancel(store, { id: ids[2] as string, nowMs: NOW_MS });
      await settled(store);
      const request = { segment: SEGMENT, beforeMs: LATER_MS, skipped: 0 };
      return { ids: [], call: (through) => forgetEndedBefore(through, request) };
    },
  },
  'weighing of orders, one of them gone': {
    script: scripts.WEIGH,
    isUpkeep: true,
    async prepare(store) {
      const ids = await submitted(store, 'shop', 2);
      const call = (through: Store) => weigh(through, [...ids, `ord_${'0'.repeat(32)}`]);
      return { ids, call };
    },
  },
  'restoring of an order in no place': {
    script: scripts.RESTORE,
    ...UPKEEP,
    async prepare(store) {
      const [id] = (await submitted(store, 'shop', 1)) as [string];
      await store.redis.del(store.keys.queue('shop'));
      await store.redis.zadd(store.keys.dead('shop'), { score: NOW_MS, member: id });
      const order = { id, client: 'shop', expected: null, state: undefined, stays: false };
      const request = { ...order, nowMs: LATER_MS, isRepair: true };
      return { ids: [id], call: (through) => restore(through, request) };
    },
  },
  'filing of an ended order': {
    script: scripts.REFILE,
    ...UPKEEP,
    async prepare(store) {
      const request = await produced(store);
      const { redis, keys } = store;
      await redis.del(keys.ended('shop', 0), keys.segments);
      return { ids: [request.id], call: (through) => refile(through, request) };
    },
  },
  'looking at a client': {
    script: scripts.SERVE,
    ...UPKEEP,
    async prepare(store) {
      const ids = await submitted(store, 'shop', 2);
      await store.redis.del(store.keys.clients);
      const request = { nowMs: LATER_MS, isRepair: true };
      return { ids, call: (through) => serve(through, 'shop', request) };
    },
  },
  'cataloguing of an ended segment': {
    script: scripts.CATALOGUE,
    ...UPKEEP,
    async prepare(store) {
      const { id } = await produced(store);
      await store.redis.del(store.keys.segments);
      return { ids: [id], call: (through) => catalogue(through, SEGMENT, true) };
    },
  },
  'recounting of totals': {
    script: scripts.RECOUNT,
    ...UPKEEP,
    async prepare(store) {
      const { id } = await produced(store);
      await store.redis.del(store.keys.totals);
      const counts = { canceled: 0, leaving: 0, uncertain: 0, isRepair: true };
      const request = { ...counts, totals: await totalsNow(store), segments: [SEGMENT] };
      return { ids: [id], call: (through) => recount(through, request) };
    },
  },
  'ending of a lease that was settled': {
    script: scripts.RELEASE,
    ...UPKEEP,
    async prepare(store) {
      const { id, state } = await produced(store);
      const [token, ...holder] = (state?.settledBy ?? '').split(':');
      const owner = `${token}:1:${holder.join(':')}`;
      await store.redis.hset(store.keys.owners, { [id]: owner });
      return { ids: [id], call: (through) => release(through, [{ id, owner }], true) };
    },
  },
  'raising of counters': {
    script: scripts.RAISE_COUNTERS,
    ...UPKEEP,
    prepare: async () => ({
      ids: [],
      call: (through) => raiseCounters(through, { number: 5, token: 7 }, true),
    }),
  },
};
