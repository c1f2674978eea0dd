import { groupedByReason } from '../../lib/operate/reasons.ts';
import { type DrainRecord, drainsBetween, noteDrain } from '../../lib/store/activity.ts';
import type { Store } from '../../lib/store/connection.ts';
import { countOrders } from '../../lib/store/count.ts';
import { factsOf } from '../../lib/store/facts.ts';
import { listOrders } from '../../lib/store/list.ts';
import { readDead } from '../../lib/store/newest-dead.ts';
import { upcomingOrders } from '../../lib/store/upcoming.ts';
import { DROP, SHOP } from './load.ts';
import type { Work } from './work.ts';

const MINUTE_MS = 60_000;
const SLOTS = 20;
const MINUTES = 60;

/** What the operator's console asks for, on a database that is full. */
export function consoleWork(
  store: Store,
  { nowMs, dropAtMs }: { nowMs: number; dropAtMs: number },
): Work[] {
  return [
    {
      title: 'Console: the counts, and an hour before the drop what becomes due',
      run: async () => {
        const beforeMs = dropAtMs - 60 * MINUTE_MS;
        const { waiting } = await countOrders(store, beforeMs);
        const { due, later } = await upcomingOrders(store, waiting, beforeMs);
        return JSON.stringify({ due: due.slice(0, 3), later });
      },
    },
    {
      title: 'Console: 1,000 dead letters by reason',
      run: async () => {
        const { orders, examined, count } = await readDead(store, 1_000, nowMs);
        return `${groupedByReason(orders).length} groups of ${examined}, of ${count}`;
      },
    },
    {
      title: 'Console: a page of dead letters',
      run: async () => {
        const list = { of: 'dead-letters', ordersMax: 50, matches: () => true, nowMs } as const;
        return `${(await listOrders(store, list)).orders.length} orders`;
      },
    },
    {
      title:
        'Console: why an order waits, in the deepest queue and in the drop, and why one is dead',
      run: async () => {
        const { client, keys } = store;
        const [waits, drops, died] = await client.repeatedly((redis) =>
          redis
            .pipeline()
            .lindex(keys.queue(SHOP), 0)
            .zrange(keys.pending(DROP), 0, 0)
            .zrange(keys.dead(SHOP), 0, 0)
            .exec<[string, string[], string[]]>(),
        );
        const facts = [waits, ...drops, ...died].map((id) => factsOf(store, id, nowMs));
        return (await Promise.all(facts)).map(({ kind }) => kind).join(', ');
      },
    },
    {
      title: `Console: an hour of activity, of ${SLOTS} slots`,
      run: async () => {
        await busyHour(store, nowMs);
        const { drains } = await drainsBetween(store, nowMs - MINUTES * MINUTE_MS, nowMs);
        return `${drains.length} records`;
      },
    },
  ];
}

/** Leaves what drains leave that are at work all the time. */
async function busyHour(store: Store, nowMs: number): Promise<void> {
  for (let at = 0; at < MINUTES * SLOTS; at += 1) {
    const startMs = nowMs - MINUTE_MS * (1 + Math.floor(at / SLOTS));
    const record: DrainRecord = {
      ...{ startMs, endMs: startMs + 58_000, slot: at % SLOTS, drains: 1, woken: 0 },
      ...{ claimed: 47_500, arrived: 47_500, token: at, produced: 47_000, retried: 500, dead: 0 },
      ...{ queued: 100_000, due: 10, oldestAgeMs: 9_000, latencies: Array(15).fill(3_000) },
      ...{ ending: 'time-up', error: 'ERP: 503' },
    };
    await noteDrain(store, { record, trigger: 'schedule' });
  }
}
