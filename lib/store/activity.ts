import type { Store } from './connection.ts';

/**
 * What drains leave behind: a ring of a week, in a hash for each of its hours. Its fields are the minute
 * and the slot with the second, so a drain overwrites what one of the week before has left there, and nothing
 * has to clean up. A record is about 200 bytes: 12 KB for an hour of one slot.
 */

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const RING_HOURS = 7 * 24;
/** Hours of one request: with 20 slots that are busy all the time, and begin in one of three seconds, 8 of them are 6 MB. */
const READ_HOURS = 8;

export type DrainEnding = 'empty' | 'time-up' | 'producer-down' | 'lock-lost' | 'store-failed';

/** Upper bounds of the times from ready to produced, milliseconds. */
export const LATENCY_BOUNDS_MS = [
  ...[250, 500, 1_000, 2_500, 5_000, 10_000, 15_000, 30_000, 60_000, 120_000, 300_000, 600_000],
  ...[1_800_000, 3_600_000],
] as const;

/** What a drain did. Times are Unix milliseconds. */
export interface DrainRecord {
  readonly startMs: number;
  readonly endMs: number;
  readonly slot: number;
  /** How many drains this tells of: those of one slot and minute that were woken or asked for add up. */
  readonly drains: number;
  /** Of these, the ones that a submit woke. */
  readonly woken: number;
  readonly claimed: number;
  /** Of the claimed orders, those that came in: they were new, or scheduled and tried for the first time. */
  readonly arrived: number;
  /** The fencing token of its last claim. It grows by one with each order that anybody claims. */
  readonly token: number;
  readonly produced: number;
  readonly retried: number;
  readonly dead: number;
  /** Orders that were ready at the end, in queues, where only new ones are; `null` where that is not known. */
  readonly queued: number | null;
  /** And those that were to be retried, scheduled or redriven. */
  readonly due: number | null;
  /** How long the oldest claimed order had been ready. */
  readonly oldestAgeMs: number;
  /** Produced orders by time, as `LATENCY_BOUNDS_MS` divides it; the last count is above all bounds. */
  readonly latencies: readonly number[];
  readonly ending: DrainEnding;
  readonly error?: string;
}

/** What began a drain. The schedule begins few enough for each to have a field of its own. */
export type Trigger = 'schedule' | 'woken' | 'asked';

/**
 * Writes what a drain did, and what earlier ones could not write. One billed command for each hour;
 * where it was woken or asked for, many may have been in the same minute, and it takes one more to add
 * to theirs. Whoever holds the lock of the slot calls it.
 *
 * @throws StoreUnavailable
 */
export async function noteDrain(
  store: Store,
  {
    record,
    late = [],
    trigger,
  }: {
    readonly record?: DrainRecord | undefined;
    readonly late?: readonly DrainRecord[];
    readonly trigger: Trigger;
  },
): Promise<void> {
  const { client, keys } = store;
  const own = record === undefined ? [] : [await fieldOf(store, record, trigger)];
  const all = [...own, ...late.map((one) => [ownField(one), one] as const)];
  const hours = Map.groupBy(all, ([, { startMs }]) => hourOf(startMs));
  await client.repeatedly((redis) => {
    const writes = redis.pipeline();
    for (const [hour, some] of hours) {
      const fields = some.map(([field, one]) => [field, textOf(one)] as const);
      writes.hset(keys.activity(hour), Object.fromEntries(fields));
    }
    return writes.exec();
  });
}

function ownField({ startMs, slot }: DrainRecord): string {
  return `${minuteOf(startMs)}:${slot}:${Math.floor(startMs / 1_000) % 60}`;
}

/** A field, and what is to be written there. */
async function fieldOf(
  { client, keys }: Store,
  record: DrainRecord,
  trigger: Trigger,
): Promise<readonly [field: string, record: DrainRecord]> {
  if (trigger === 'schedule') return [ownField(record), record];
  const key = keys.activity(hourOf(record.startMs));
  const field = `${minuteOf(record.startMs)}:${record.slot}:more`;
  const stored = await client.repeatedly((redis) => redis.hget<string>(key, field));
  const earlier = stored === null ? undefined : recordIn(stored);
  const isSameMinute =
    earlier !== undefined &&
    Math.floor(earlier.startMs / MINUTE_MS) === Math.floor(record.startMs / MINUTE_MS);
  return [field, isSameMinute ? added(earlier, record) : record];
}

/** Notes that a drain looked and found nothing. One billed command. */
export async function noteIdle({ client, keys }: Store, nowMs: number): Promise<void> {
  const key = keys.activity(hourOf(nowMs));
  await client.repeatedly((redis) => redis.hset(key, { [`${minuteOf(nowMs)}:idle`]: nowMs }));
}

/** What the ring knows of a time. */
export interface Noted {
  /** By their start. */
  readonly drains: readonly DrainRecord[];
  /** When drains were known to find nothing, Unix milliseconds. */
  readonly idleMs: readonly number[];
}

/**
 * Reads the drains that began in a time, of the last seven days. One billed command for each hour.
 *
 * @throws StoreUnavailable
 */
export async function drainsBetween(
  { client, keys }: Store,
  fromMs: number,
  toMs: number,
): Promise<Noted> {
  const drains: DrainRecord[] = [];
  const idleMs: number[] = [];
  const [first, last] = [Math.floor(fromMs / HOUR_MS), Math.ceil(toMs / HOUR_MS)];
  const count = Math.min(last - first, RING_HOURS);
  const hours = Array.from({ length: count }, (_, at) => (last - 1 - at) % RING_HOURS);
  const isIn = (atMs: number) => atMs >= fromMs && atMs < toMs;
  for (let at = 0; at < hours.length; at += READ_HOURS) {
    const answers = await client.repeatedly((redis) => {
      const reads = redis.pipeline();
      for (const hour of hours.slice(at, at + READ_HOURS)) {
        reads.hvals(keys.activity(hour));
      }
      return reads.exec<string[][]>();
    });
    for (const value of answers.flat()) {
      const record = recordIn(String(value));
      if (record !== undefined && isIn(record.startMs)) drains.push(record);
      else if (record === undefined && isIn(Number(value))) idleMs.push(Number(value));
    }
  }
  drains.sort((one, other) => one.startMs - other.startMs || one.slot - other.slot);
  return { drains, idleMs: idleMs.sort((one, other) => one - other) };
}

function hourOf(atMs: number): number {
  return Math.floor(atMs / HOUR_MS) % RING_HOURS;
}

function minuteOf(atMs: number): number {
  return Math.floor(atMs / MINUTE_MS) % 60;
}

/** Two drains of one slot and minute, the later one second. */
function added(one: DrainRecord, other: DrainRecord): DrainRecord {
  const { error = one.error, ...last } = other;
  const sum = (
    name: 'drains' | 'woken' | 'claimed' | 'arrived' | 'produced' | 'retried' | 'dead',
  ) => one[name] + other[name];
  return {
    ...last,
    startMs: Math.min(one.startMs, other.startMs),
    ...{
      drains: sum('drains'),
      woken: sum('woken'),
      claimed: sum('claimed'),
      arrived: sum('arrived'),
    },
    ...{ produced: sum('produced'), retried: sum('retried'), dead: sum('dead') },
    token: Math.max(one.token, other.token),
    oldestAgeMs: Math.max(one.oldestAgeMs, other.oldestAgeMs),
    latencies: one.latencies.map((count, at) => count + (other.latencies[at] ?? 0)),
    ...(error !== undefined && { error }),
  };
}

const NUMBERS = [
  ...(['startMs', 'endMs', 'slot', 'drains', 'woken', 'claimed', 'arrived', 'token'] as const),
  ...(['produced', 'retried', 'dead', 'queued', 'due', 'oldestAgeMs'] as const),
];

/** Numbers first, in a fixed order: names would be most of a record. */
function textOf(record: DrainRecord): string {
  const { ending, error } = record;
  const numbers = NUMBERS.map((name) => record[name] && Math.round(record[name]));
  return JSON.stringify([
    numbers,
    record.latencies,
    ending,
    ...(error === undefined ? [] : [error]),
  ]);
}

function recordIn(text: string): DrainRecord | undefined {
  if (!text.startsWith('[')) return undefined;
  const [numbers, latencies, ending, error] = JSON.parse(text);
  const named = Object.fromEntries(NUMBERS.map((name, at) => [name, numbers[at]]));
  return { ...named, latencies, ending, ...(error !== undefined && { error }) } as DrainRecord;
}
