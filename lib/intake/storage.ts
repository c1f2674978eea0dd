import type { Bytes, Counting } from '../store/submit.ts';

/**
 * What an instance of a function knows of how much of the database its clients' orders take. Redis
 * counts that, and an instance adds to it each time that a client's orders have come to
 * `COUNTED_BYTES`: two commands then, and none in between. The daily upkeep puts the count right.
 *
 * A client found to have no room is refused for a few seconds without asking Redis. Then one submit
 * looks first, and takes nothing in while there is none.
 */
export interface Storage {
  /** Where there is no room for orders of the client, if that was seen in the last seconds. */
  noRoom(client: string, nowMs: number): 'share' | 'database' | undefined;
  /** What a submit is to count and to look at. */
  ask(client: string, bytes: number): Counting;
  /**
   * Notes what a submit has come to.
   *
   * @param accepted  bytes of the orders that were accepted
   * @param counted   what is counted since, where it was counted or looked at
   */
  learn(client: string, accepted: number, counted: Bytes | undefined, nowMs: number): void;
}

/** So much of one client is taken in by an instance and not counted yet, at most. */
const COUNTED_BYTES = 256 * 1024;
/** How long a client is refused before it is looked again. */
const KNOWN_MS = 5_000;
/** Clients that an instance remembers. */
const CLIENTS_MAX = 1_000;

export interface StorageLimits {
  /** About how many bytes the orders of a client may take. */
  readonly ofClient: (client: string) => number;
  /** And all orders together. */
  readonly ofAll: number;
}

interface Known {
  /** Bytes that were taken in and are not counted yet. */
  readonly owed: number;
  /** When the client was seen to have used its share, Unix milliseconds. */
  readonly fullAtMs?: number | undefined;
}

export function storageOf(limits: StorageLimits): Storage {
  const clients = new Map<string, Known>();
  let allFullAtMs: number | undefined;
  const isNow = (atMs: number | undefined, nowMs: number) =>
    atMs !== undefined && Math.abs(nowMs - atMs) < KNOWN_MS;

  return {
    noRoom(client, nowMs) {
      if (isNow(allFullAtMs, nowMs)) return 'database';
      return isNow(clients.get(client)?.fullAtMs, nowMs) ? 'share' : undefined;
    },

    ask(client, bytes) {
      const { owed, fullAtMs } = clients.get(client) ?? { owed: 0 };
      const wasFull = fullAtMs !== undefined || allFullAtMs !== undefined;
      const bytesMax = { ofClient: limits.ofClient(client), ofAll: limits.ofAll };
      if (wasFull) return { owedBytes: owed, bytesMax };
      return owed + bytes >= COUNTED_BYTES ? { owedBytes: owed } : {};
    },

    learn(client, accepted, counted, nowMs) {
      const before = clients.get(client) ?? { owed: 0 };
      const isCounted = counted !== undefined && accepted > 0;
      const owed = isCounted ? 0 : before.owed + accepted;
      let { fullAtMs } = before;
      if (counted !== undefined) {
        fullAtMs = counted.ofClient > limits.ofClient(client) ? nowMs : undefined;
        allFullAtMs = counted.ofAll > limits.ofAll ? nowMs : undefined;
      }
      clients.delete(client);
      if (clients.size >= CLIENTS_MAX) clients.delete(clients.keys().next().value ?? '');
      clients.set(client, { owed, fullAtMs });
    },
  };
}
