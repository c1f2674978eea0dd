import type { Bytes, Counting } from '../store/submit.ts';

/**
 * What an instance knows about the storage that each client's orders use. Redis keeps the count, and
 * an instance adds to it each time a client's orders reach `COUNTED_BYTES`: two commands then, and none
 * in between. The daily upkeep corrects the count.
 *
 * A client without room is refused for a few seconds without asking Redis. Then one submit checks the
 * count first, and accepts nothing while there is no room.
 */
export interface Storage {
  /** Which limit leaves the client no room, if that was seen in the last few seconds. */
  noRoom(client: string, nowMs: number): 'share' | 'database' | undefined;
  /** What a submit adds to the count, and whether it checks it. */
  ask(client: string, bytes: number): Counting;
  /**
   * Notes the outcome of a submit.
   *
   * @param accepted  bytes of the orders that were accepted
   * @param counted   the count after it, if the submit added to it or checked it
   */
  learn(client: string, accepted: number, counted: Bytes | undefined, nowMs: number): void;
}

/** The most that an instance accepts from one client before it counts it. */
const COUNTED_BYTES = 256 * 1024;
/** How long a client is refused before a submit checks again. */
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
