import { endedSegments } from '../../lib/store/catalogue.ts';
import { aloneOf } from '../../lib/store/claim.ts';
import type { Store } from '../../lib/store/connection.ts';
import { segmentIn } from '../../lib/store/keys.ts';
import { knownClients } from '../../lib/store/list.ts';
import { grouped } from '../money.ts';
import { type Check, ok, type Verdict, warning, wrong } from './check.ts';
import { bytes } from './figures.ts';

export interface SizeSide {
  readonly store: Store;
  /** What one record may hold on the database's plan. */
  readonly recordBytesMax: number;
}

const WARNING = 0.75;
const WRONG = 0.95;
/** How many keys are measured: those with the most entries. */
const MEASURED = 5;
/** Keys of one request. */
const COUNTED_KEYS = 500;
/** What Redis uses for an entry with an id, at most: of a sorted set, of a hash, and of a list. */
const ENTRY_BYTES = { zset: 136, hash: 200, list: 50 } as const;

/** How near to the limit of a record Sluice's own keys are. */
export const SIZE_CHECKS: readonly Check<SizeSide>[] = [
  {
    name: 'largest keys',
    looksAt: 'the keys with the most entries, against what a record may hold',
    run: keysAreSmall,
  },
];

interface Counted {
  readonly key: string;
  readonly type: keyof typeof ENTRY_BYTES;
  readonly entries: number;
}

async function keysAreSmall({ store, recordBytesMax }: SizeSide): Promise<Verdict> {
  const counted = await countedKeys(store);
  const largest = counted.sort((one, other) => other.entries - one.entries).slice(0, MEASURED);
  const measured: { text: string; part: number }[] = [];
  for (const { key, type, entries } of largest.filter((one) => one.entries > 0)) {
    const used = await usageOf(store, key);
    const size = used ?? entries * ENTRY_BYTES[type];
    const about = used === undefined ? 'about ' : '';
    const text = `${key}: ${grouped(entries)} entries, ${about}${bytes(size)}`;
    measured.push({ text, part: size / recordBytesMax });
  }
  if (measured.length === 0) return ok('no orders yet');
  const worst = measured.toSorted((one, other) => other.part - one.part);
  const part = worst[0]?.part ?? 0;
  const found = `${worst.map(({ text }) => text).join('; ')}, of ${bytes(recordBytesMax)}`;
  const fix =
    'When a record is full, its client’s submits get a 503. Lower ' +
    'SLUICE_QUEUE_MAX or SLUICE_SCHEDULED_MAX, redrive or cancel what is dead, or take a plan with larger ' +
    'records (--record-mb says what yours has).';
  if (part > WRONG) return wrong(found, fix);
  return part > WARNING ? warning(found, fix) : ok(found);
}

/** All keys that hold more than one order, with how many entries they have: a command for each. */
async function countedKeys({ client, keys }: Store): Promise<Counted[]> {
  const store = { client, keys };
  const clients = (await knownClients(store)).flatMap((client) => [client, aloneOf(client)]);
  const segments = (await endedSegments(store)).map(segmentIn);
  const all: Omit<Counted, 'entries'>[] = [
    ...clients.flatMap((name) => [
      { key: keys.queue(name), type: 'list' as const },
      { key: keys.pending(name), type: 'zset' as const },
      { key: keys.dead(name), type: 'zset' as const },
    ]),
    ...segments.map(({ client: name, segment }) => ({
      key: keys.ended(name, segment),
      type: 'zset' as const,
    })),
    ...[keys.clients, keys.segments].map((key) => ({ key, type: 'zset' as const })),
    { key: keys.owners, type: 'hash' },
    ...[keys.events, keys.eventsAgain, keys.eventsAside].map((key) => ({
      key,
      type: 'list' as const,
    })),
  ];
  const counted: Counted[] = [];
  for (let at = 0; at < all.length; at += COUNTED_KEYS) {
    const some = all.slice(at, at + COUNTED_KEYS);
    const counts = await client.repeatedly((redis) => {
      const asked = redis.pipeline();
      for (const { key, type } of some) {
        if (type === 'list') asked.llen(key);
        else if (type === 'hash') asked.hlen(key);
        else asked.zcard(key);
      }
      return asked.exec<number[]>();
    });
    counted.push(...some.map((one, n) => ({ ...one, entries: counts[n] ?? 0 })));
  }
  return counted;
}

/** Not every server tells it. */
async function usageOf({ client }: Store, key: string): Promise<number | undefined> {
  const used = await client.redis
    .exec(['MEMORY', 'USAGE', key, 'SAMPLES', '100'])
    .catch(() => undefined);
  return typeof used === 'number' ? used : undefined;
}
