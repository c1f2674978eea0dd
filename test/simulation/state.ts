/** Everything that the store holds of a run at one moment. */
export interface StoreState {
  /** Ids, the newest first. */
  readonly queue: readonly string[];
  readonly fence: number;
  readonly number: number;
  /** When the last order is due that was redriven at a pace. */
  readonly redrive: number;
  /** By slot. */
  readonly locks: readonly LockState[];
  readonly orders: ReadonlyMap<string, OrderState>;
  /** Ids in any place that no order of the run has. */
  readonly strangers: readonly string[];
}

export interface LockState {
  readonly token: string | undefined;
  /** Milliseconds; negative where there is no expiry, or where it was told before. */
  readonly expiresInMs: number;
}

/** Where one order stands. Times in Unix milliseconds. */
export interface OrderState {
  /** The hash as it was read. */
  readonly hash: string;
  /** The hash, where there is one. */
  readonly fields: Readonly<Record<string, string>> | undefined;
  /** How often its id is in the queue. */
  readonly queued: number;
  readonly dueAtMs: number | undefined;
  /** `<fencing token>:<attempt>:<holder>`. */
  readonly owner: string | undefined;
  readonly deadAtMs: number | undefined;
  readonly finishedAtMs: number | undefined;
  readonly canceledAtMs: number | undefined;
  readonly acceptedAtMs: number | undefined;
}

/** Lua's encoder makes `{}` of an empty list. */
type Flat = string[] | Record<string, never>;
type Looked = [Flat, Flat, (string | false)[], Flat[], [string | false, number][], string[]];

/** @param json  what the look at Redis answered; hashes are JSON in it once more */
export function stateFrom(json: string, ids: readonly string[], last?: StoreState): StoreState {
  const [queue, owners, [fence, number, redrive], sets, locks, hashes] = JSON.parse(json) as Looked;
  const [pending, dead, finished, canceled, index] = sets.map(pairsOf) as Pairs[];
  const ownerOf = pairsOf(owners);
  const queued = Array.isArray(queue) ? queue : [];
  const places = [ownerOf, pending, dead, finished, canceled, index];
  const orders = new Map<string, OrderState>();
  for (const [at, id] of ids.entries()) {
    const hash = hashes[at] as string;
    const was = last?.orders.get(id);
    const order: OrderState = {
      hash,
      fields: was?.hash === hash ? was.fields : fieldsIn(hash),
      queued: queued.filter((other) => other === id).length,
      dueAtMs: whole(pending?.get(id)),
      owner: ownerOf.get(id),
      deadAtMs: whole(dead?.get(id)),
      finishedAtMs: whole(finished?.get(id)),
      canceledAtMs: whole(canceled?.get(id)),
      acceptedAtMs: whole(index?.get(id)),
    };
    orders.set(id, was !== undefined && isSame(was, order) ? was : order);
  }
  return {
    queue: queued,
    fence: Number(fence || 0),
    number: Number(number || 0),
    redrive: Number(redrive || 0),
    locks: locks.map(([token, expiresInMs]) => ({ token: token || undefined, expiresInMs })),
    orders,
    strangers: [...queued, ...places.flatMap((place) => [...(place?.keys() ?? [])])].filter(
      (id) => !orders.has(id),
    ),
  };
}

function fieldsIn(hash: string): OrderState['fields'] {
  const fields = pairsOf(JSON.parse(hash) as Flat);
  return fields.size === 0 ? undefined : Object.fromEntries(fields);
}

function isSame(a: OrderState, b: OrderState): boolean {
  return (
    a.hash === b.hash &&
    a.queued === b.queued &&
    a.dueAtMs === b.dueAtMs &&
    a.owner === b.owner &&
    a.deadAtMs === b.deadAtMs &&
    a.finishedAtMs === b.finishedAtMs &&
    a.canceledAtMs === b.canceledAtMs &&
    a.acceptedAtMs === b.acceptedAtMs
  );
}

type Pairs = Map<string, string>;

function pairsOf(flat: Flat): Pairs {
  const pairs: Pairs = new Map();
  if (!Array.isArray(flat)) return pairs;
  for (let at = 0; at + 1 < flat.length; at += 2) {
    pairs.set(flat[at] as string, flat[at + 1] as string);
  }
  return pairs;
}

function whole(digits: string | undefined): number | undefined {
  return digits === undefined ? undefined : Number(digits);
}
