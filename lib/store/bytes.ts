import type { Store } from './connection.ts';
import { runScript } from './run-script.ts';
import { WEIGH } from './scripts.ts';
import type { Bytes } from './submit.ts';

/** Orders of one call: its script holds that many records at once. */
const WEIGH_ORDERS = 100;
const NONE = -1;

/** How many bytes the record of each order has; -1 where there is none. Two billed commands for each 100. */
export async function weigh(
  { client, keys }: Store,
  ids: readonly string[],
): Promise<readonly number[]> {
  const bytes: number[] = [];
  for (let at = 0; at < ids.length; at += WEIGH_ORDERS) {
    const some = ids.slice(at, at + WEIGH_ORDERS).map(keys.order);
    const call = { script: WEIGH, keys: some, args: [String(NONE)] };
    bytes.push(...((await runScript(client, call)) as number[]));
  }
  return bytes;
}

/** About how many bytes the orders of each client take, by client. */
export type BytesByClient = ReadonlyMap<string, number>;

/** The field for all clients together; no client has this name. */
const ALL = '*';

/** What submits have counted, of each client and of all. One billed command. */
export async function countedBytes({ client, keys }: Store): Promise<Map<string, number>> {
  const answer: unknown = await client.repeatedly((redis) => redis.hgetall(keys.bytes));
  const fields = (answer ?? []) as string[];
  return new Map(
    fields.flatMap((name, at): [string, number][] =>
      at % 2 === 0 ? [[name, Number(fields[at + 1])]] : [],
    ),
  );
}

/** What is counted of one client, and of all. One billed command. */
export async function countedBytesOf(
  { client: redis, keys }: Store,
  client: string,
): Promise<Bytes> {
  const answer: unknown = await redis.repeatedly((sdk) => sdk.hmget(keys.bytes, client, ALL));
  const [ofClient, ofAll] = Array.isArray(answer) ? answer.map(Number) : [];
  return { ofClient: ofClient ?? 0, ofAll: ofAll ?? 0 };
}

/** Adds to the count of a client and to that of all, and tells both. Two billed commands. */
export async function countMoreBytes(
  { client: redis, keys }: Store,
  client: string,
  bytes: number,
): Promise<Bytes> {
  const [ofClient, ofAll] = await redis.once((sdk) =>
    sdk
      .pipeline()
      .hincrby(keys.bytes, client, bytes)
      .hincrby(keys.bytes, ALL, bytes)
      .exec<[number, number]>(),
  );
  return { ofClient, ofAll };
}

/**
 * Puts the count right. What submits count meanwhile stays. A billed command for each client whose count
 * was wrong, and one.
 *
 * @param found   what the orders of each client take
 * @param before  what was counted as the search began
 */
export function correctBytes(
  store: Store,
  found: BytesByClient,
  before: BytesByClient,
): Promise<void> {
  const names = [...new Set([...found.keys(), ...before.keys()])].filter((name) => name !== ALL);
  const right = new Map(names.map((name) => [name, found.get(name) ?? 0]));
  const changes = [...right, [ALL, sumOf(right)] as const].map(
    ([name, bytes]) => [name, bytes - (before.get(name) ?? 0)] as const,
  );
  return change(store, changes);
}

/** Takes off what orders took that are gone. A billed command for each client, and one. */
export function takeOffBytes(store: Store, gone: BytesByClient): Promise<void> {
  const changes = [...gone, [ALL, sumOf(gone)] as const].map(([name, bytes]) => {
    return [name, -bytes] as const;
  });
  return change(store, changes);
}

/** Sent once: what is lost of it is found by the next pass. */
async function change(
  { client, keys }: Store,
  changes: readonly (readonly [name: string, bytes: number])[],
): Promise<void> {
  const real = changes.filter(([, bytes]) => bytes !== 0);
  if (real.length === 0) return;
  await client.once((redis) => {
    const asked = redis.pipeline();
    for (const [name, bytes] of real) asked.hincrby(keys.bytes, name, bytes);
    return asked.exec();
  });
}

function sumOf(bytes: BytesByClient): number {
  return [...bytes.values()].reduce((sum, one) => sum + one, 0);
}
