import { Lock, type LockCreateConfig } from '@upstash/lock';
import type { Clock } from '../clock.ts';
import { StoreUnavailable } from '../queue/errors.ts';
import type { RedisClient } from './client.ts';
import { runRepeatedly } from './run-script.ts';
import { EXTEND_LOCK } from './scripts.ts';

export interface LockRequest {
  readonly client: RedisClient;
  readonly clock: Clock;
  readonly key: string;
  readonly leaseMs: number;
  /** A value that no other holder has, such as a UUID. */
  readonly token: string;
}

/** A lock that is held, and extended until it is released. It saves work; it guards nothing. */
export interface HeldLock {
  /** Fires when the lock is lost: its lease ran out, or another holds the key. */
  readonly signal: AbortSignal;
  /** Gives the lock back if it is still one's own; it never fails, as the lease ends anyway. */
  release(): Promise<boolean>;
}

/**
 * Takes a lock, or answers `undefined` where another holds it.
 *
 * @throws StoreUnavailable where that cannot be found out; a lock that was taken then ends with
 * its lease
 */
export async function acquireLock(request: LockRequest): Promise<HeldLock | undefined> {
  const { client, clock, key, leaseMs, token } = request;
  const redis: LockCreateConfig['redis'] = Object.create(client.redis, {
    set: { value: setSurely(client) },
  });
  // One instance for one acquisition: a second that fails would make it forget the first's token.
  const lock = new Lock({ redis, id: key, lease: leaseMs, retry: { attempts: 1, delay: 0 } });
  // The lease is counted from before it was asked for: it can only be longer than is believed.
  const askedAtMs = clock.now();
  if (!(await lock.acquire({ uuid: token }))) return undefined;

  const held = keepExtended(request, askedAtMs + leaseMs);
  return {
    signal: held.signal,
    async release() {
      held.stop();
      const isReleased = await client.once(() => lock.release()).catch(() => undefined);
      // The package's script: GET, and DEL where the lock was still one's own.
      if (isReleased !== undefined) client.executed(isReleased ? 2 : 1);
      return isReleased ?? false;
    },
  };
}

/**
 * `SET key token NX PX`, for the lock package, that believes the key and not the reply: a reply
 * can be lost, and a request can arrive twice and be refused by its own first arrival.
 */
function setSurely(client: RedisClient) {
  return async (key: string, token: string, options: { nx: true; px: number }) => {
    for (let attempt = 1; ; attempt += 1) {
      let inDoubt = false;
      try {
        if ((await client.once((redis) => redis.set(key, token, options))) === 'OK') return 'OK';
      } catch (error) {
        if (!(error instanceof StoreUnavailable)) throw error;
        inDoubt = true;
      }
      const holder = await client.once((redis) => redis.get<string>(key));
      if (holder === token) return 'OK';
      if (holder !== null || !inDoubt || attempt === 2) return null;
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
    const [answer] = await runRepeatedly(
      client,
      EXTEND_LOCK,
      [key],
      [token, String(leaseMs)],
    ).catch(() => ['unknown']);
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
