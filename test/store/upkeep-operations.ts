import { cancel } from '../../lib/store/cancel.ts';
import { catalogue } from '../../lib/store/catalogue.ts';
import type { Store } from '../../lib/store/connection.ts';
import { segmentName } from '../../lib/store/keys.ts';
import { stateFrom } from '../../lib/store/order-record.ts';
import { raiseCounters } from '../../lib/store/raise-counters.ts';
import { readRecords } from '../../lib/store/read.ts';
import { recount } from '../../lib/store/recount.ts';
import { refile } from '../../lib/store/refile.ts';
import { release } from '../../lib/store/release.ts';
import { restore } from '../../lib/store/restore.ts';
import { forgetEndedBefore } from '../../lib/store/retention.ts';
import * as scripts from '../../lib/store/scripts.ts';
import { serve } from '../../lib/store/serve.ts';
import { NOW_MS } from '../support/orders.ts';
import type { TestStore } from '../support/store.ts';
import type { Operation } from './operations.ts';
import { HOLDER, LATER_MS, settled, submitted } from './settling.ts';

const SEGMENT = segmentName('shop', 0);
/** Of the first claim of two orders. */
const OWNER = `2:1:${HOLDER}`;

/** What upkeep does with orders that have ended, once a fault has spoilt them. */
function afterFault(
  script: scripts.Script,
  spoil: (store: TestStore, ids: readonly string[]) => Promise<unknown>,
  call: (through: Store, ids: readonly string[]) => Promise<unknown>,
): Operation {
  return {
    script,
    ...{ isUpkeep: true, isToldApart: true },
    async prepare(store) {
      const ids = await submitted(store, 'shop', 2);
      await settled(store);
      await spoil(store, ids);
      return { ids, call: (through) => call(through, ids) };
    },
  };
}

/** What only upkeep does. */
export const UPKEEP: Record<string, Operation> = {
  'forgetting of orders that ended long ago': {
    script: scripts.FORGET,
    ...{ isUpkeep: true, isToldApart: true },
    async prepare(store) {
      const ids = await submitted(store, 'shop', 3);
      await cancel(store, { id: ids[2] as string, nowMs: NOW_MS });
      await settled(store);
      const request = { segment: SEGMENT, beforeMs: LATER_MS, skipped: 0 };
      return { ids: [], call: (through) => forgetEndedBefore(through, request) };
    },
  },
  'restoring of an order in no place': {
    script: scripts.RESTORE,
    ...{ isUpkeep: true, isToldApart: true },
    async prepare(store) {
      const [id] = (await submitted(store, 'shop', 1)) as [string];
      await store.redis.del(store.keys.queue('shop'));
      await store.redis.zadd(store.keys.dead('shop'), { score: NOW_MS, member: id });
      const request = {
        ...{ id, client: 'shop', expected: null, state: undefined, hasEnded: false },
        ...{ nowMs: LATER_MS, isRepair: true },
      };
      return { ids: [id], call: (through) => restore(through, request) };
    },
  },
  'filing of an order that its segment has lost': afterFault(
    scripts.REFILE,
    ({ redis, keys }, [id]) => redis.zrem(keys.ended('shop', 0), id),
    async (through, ids) => {
      const id = ids[0] as string;
      const [stored] = await readRecords(through, [id]);
      const expected = stored?.state ?? null;
      const state = stateFrom(id, expected);
      return refile(through, { id, client: 'shop', expected, state, isRepair: true });
    },
  ),
  'release of a lease that was settled': afterFault(
    scripts.RELEASE,
    ({ redis, keys }, [id]) => redis.hset(keys.owners, { [id as string]: OWNER }),
    (through, [id]) => release(through, [{ id: id as string, owner: OWNER }], true),
  ),
  'cataloguing of an ended segment': afterFault(
    scripts.CATALOGUE,
    ({ redis, keys }) => redis.del(keys.segments),
    (through) => catalogue(through, SEGMENT, true),
  ),
  'recount of what has ended': afterFault(
    scripts.RECOUNT,
    ({ redis, keys }) => redis.hset(keys.totals, { produced: 9 }),
    (through) => {
      const counted = { canceled: 0, leaving: 0, uncertain: 0 };
      return recount(through, { segments: [SEGMENT], ...counted, isRepair: true });
    },
  ),
  'serving of a client that no drain looks at': {
    script: scripts.SERVE,
    ...{ isUpkeep: true, isToldApart: true },
    async prepare(store) {
      const ids = await submitted(store, 'shop', 1, 1);
      await store.redis.zrem(store.keys.clients, 'shop');
      return {
        ids,
        call: (through) => serve(through, 'shop', { nowMs: LATER_MS, isRepair: true }),
      };
    },
  },
  'raising of counters': {
    script: scripts.RAISE_COUNTERS,
    ...{ isUpkeep: true, isToldApart: true },
    prepare: async () => ({
      ids: [],
      call: (through) => raiseCounters(through, { number: 5, token: 7 }, true),
    }),
  },
};
