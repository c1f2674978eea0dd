import { Lock, type LockCreateConfig } from '@upstash/lock';
import type { Clock } from '../clock.ts';
import type { RedisClient } from './connection.ts';
import { StoreUnavailable } from './errors.ts';
import { runScript } from './run-script.ts';
import { EXTEND_LOCK } from './scripts.ts';

/** What the package's script calls: it compares and deletes. */
const RELEASE_COMMANDS = 2;

export interface LockRequest {
  readonly client: RedisClient;
  readonly clock: Clock;
  readonly key: string;
  readonly leaseMs: number;
  /** A value that no other holder has, such as a UUID. */
  readonly token: string;
}

/** A lock that is held, and extended until it is released. It saves work; correctness does not rest on it. */
export interface HeldLock {
  /** Fires when the lock is lost: its lease ran out, or another holds the key. */
  readonly signal: AbortSignal;
  /** Releases the lock if it is still held. It never fails, as the lease ends anyway. */
  release(): Promise<boolean>;
}

/**
 * Takes a lock, or returns `undefined` if another drain holds it.
 *
 * @throws StoreUnavailable if that cannot be found out; a lock that was taken then ends with its lease
 */
export async function acquireLock(request: LockRequest): Promise<HeldLock | undefined> {
  const { client, clock, key, leaseMs, token } = request;
  const redis: LockCreateConfig['redis'] = Object.create(client.redis, {
    set: { value: setSurely(client) },
  });
  // One instance per acquisition: a second one that fails would make it forget the first's token.
  const lock = new Lock({ redis, id: key, lease: leaseMs, retry: { attempts: 1, delay: 0 } });
  // The lease is counted from before the request, so it can only last longer than assumed.
  const askedAtMs = clock.now();
  if (!(await lock.acquire({ uuid: token }))) return undefined;

  const held = keepExtended(request, askedAtMs + leaseMs);
  return {
    signal: held.signal,
    async release() {
      held.stop();
      const isReleased = await client.once(() => lock.release()).catch(() => false);
      client.bills(isReleased ? RELEASE_COMMANDS : RELEASE_COMMANDS - 1);
      return isReleased;
    },
  };
}

/**
 * `SET key token NX PX` for the lock package, which trusts the key and not the reply: a reply can be
 * lost, and a request that arrives twice is refused because of its own first arrival. The key is looked
 * at first, so that a drain that is paused, or comes second, costs one command here.
 */
function setSurely(client: RedisClient) {
  const holderOf = (key: string) => client.repeatedly((redis) => redis.get<string>(key));
  return async (key: string, token: string, options: { nx: true; px: number }) => {
    if ((await holderOf(key)) !== null) return null;
    for (let attempt = 1; ; attempt += 1) {
      let doubt: StoreUnavailable | undefined;
      try {
        if ((await client.once((redis) => redis.set(key, token, options))) === 'OK') return 'OK';
      } catch (error) {
        if (!(error instanceof StoreUnavailable)) throw error;
        doubt = error;
      }
      const holder = await holderOf(key);
      if (holder === token) return 'OK';
      if (holder !== null || doubt === undefined) return null;
      // Nobody holds it: Redis refuses writes, or cannot be relied on.
      if (attempt === 2) throw doubt;
    }
  };
}

function keepExtended({ client, clock, key, leaseMs, token }: LockRequest, leaseEndMs: number) {
  const lost = new AbortController();
  let isOver = false;
  let cancelExtension = clock.after(leaseMs / 3, extend);
  let cancelLoss = clock.after(leaseEndMs - clock.now(), lose);

  function lose() {
    stop();
    lost.abort(new Error(`The lock ${key} is lost`));
  }

  function stop() {
    isOver = true;
    cancelExtension();
    cancelLoss();
  }

  async function extend() {
    const askedAtMs = clock.now();
    const call = { script: EXTEND_LOCK, keys: [key], args: [token, String(leaseMs)] };
    const [answer] = await runScript(client, call).catch(() => ['unknown']);
    if (isOver) return;
    if (answer === 0) return lose();
    if (answer === 1) {
      cancelLoss();
      cancelLoss = clock.after(askedAtMs + leaseMs - clock.now(), lose);
    }
    cancelExtension = clock.after(leaseMs / 3, extend);
  }

  return { signal: lost.signal, stop };
}
