import { setTimeout as pause } from 'node:timers/promises';
import { CLAIM, EXTEND, SETTLE, SUBMIT } from '../../lib/store/scripts.ts';
import type { Fate, SeenRequest } from '../support/faulty-proxy.ts';

/** Requests at which something is killed, by what they say; `behind` is no request to Redis. */
const PLACES = {
  lock: (body: string) => body.includes('order_lock') && body.includes('"set"'),
  release: (body: string) => body.includes('order_lock') && body.includes('"eval"'),
  claim: (body: string) => body.includes(CLAIM.sha1),
  settle: (body: string) => body.includes(SETTLE.sha1),
  extend: (body: string) => body.includes(EXTEND.sha1),
  submit: (body: string) => body.includes(SUBMIT.sha1),
};
type KillPoint = keyof typeof PLACES | 'behind';

/** Where drains are killed, and where Redis is; what comes seldom, or never, is not waited for. */
const DRAIN_PLACES = ['lock', 'claim', 'behind', 'behind', 'settle', 'settle', 'release'] as const;
const REDIS_PLACES = ['submit', 'submit', 'claim', 'settle'] as const;
/** One kill in so many is of Redis, and one of the server behind, where there is one to kill. */
const KILLS_PER_SERVER = 3;

export interface Kill {
  /** How many orders are acknowledged before it. */
  readonly atOrders: number;
  readonly victim: 'drain' | 'redis' | 'behind';
  readonly place: KillPoint;
  /** Before what was asked for is done, or after it. */
  readonly when: 'before' | 'after';
}

interface Scene {
  readonly kills: number;
  readonly orders: number;
  /** Whether there is a downstream system, and whether it has a server that can be killed. */
  readonly hasBehind: boolean;
  readonly hasServerBehind: boolean;
}

/** The kills of a run, in their order: the same for a seed. */
export function plannedKills(scene: Scene, chance: () => number): Kill[] {
  const { kills, orders, hasBehind, hasServerBehind } = scene;
  const pick = (from: readonly KillPoint[]) => {
    const places = from.filter((place) => hasBehind || place !== 'behind');
    return places[Math.floor(chance() * places.length)] as KillPoint;
  };
  const victims = ['drain', 'redis', hasServerBehind ? 'behind' : 'drain'] as const;
  const places = { drain: DRAIN_PLACES, redis: REDIS_PLACES, behind: ['behind'] } as const;
  return Array.from({ length: kills }, (_, at): Kill => {
    const victim = victims[at % KILLS_PER_SERVER] as Kill['victim'];
    const place = pick(places[victim]);
    const when = chance() < 0.5 ? 'before' : 'after';
    const atOrders = Math.floor(((at + chance()) / kills) * orders * 0.95);
    return { atOrders, victim, place, when };
  });
}

/** Each kill answers whether there was anything to kill. */
export interface Victims {
  readonly redis: () => boolean;
  readonly behind: () => boolean;
  readonly drain: (place: number) => boolean;
  /** How many drain processes there are. */
  readonly drains: number;
}

/** One request in so many is lost, its reply is, or it arrives twice, although nothing is killed. */
const REQUESTS_PER_FAULT = 300;
const FAULTS: readonly Fate[] = ['lose-request', 'lose-reply', 'repeat'];
/**
 * After each kill of Redis, and now and then without one, so many requests of clients in a row are
 * lost, or all their replies, so that the functions give up on them with a 503.
 */
const BURST_REQUESTS = 30;
/** Less than a client waits for an answer. */
const HOLD_MS_MAX = 500;
const HOLD_MS = 5;

/** Carries out what is planned: looks at every request and kills where the next kill is to be. */
export function killer(kills: readonly Kill[], victims: Victims, chance: () => number) {
  const left = [...kills];
  const done = { drain: 0, redis: 0, behind: 0, faults: 0 };
  let burst: { fate: Fate; left: number } = { fate: 'pass', left: 0 };
  let acknowledged = 0;

  function next(): Kill | undefined {
    const kill = left[0];
    return kill !== undefined && acknowledged >= kill.atOrders ? kill : undefined;
  }

  /** What is being started again cannot be killed: the kill stays planned then. */
  function carryOut(kill: Kill, drain: number): void {
    if (left[0] !== kill) return;
    if (!victims[kill.victim](drain)) return;
    left.shift();
    done[kill.victim] += 1;
    if (kill.victim === 'redis') startBurst();
  }

  function startBurst(): void {
    const fate = chance() < 0.5 ? 'lose-request' : 'lose-reply';
    burst = { fate, left: BURST_REQUESTS };
  }

  /** What the network does to a request; bursts are for the clients. */
  function fault(drain: number | undefined): Fate {
    const isClient = drain === undefined;
    if (isClient && burst.left > 0) {
      burst.left -= 1;
      done.faults += 1;
      return burst.fate;
    }
    if (chance() * REQUESTS_PER_FAULT >= 1) return 'pass';
    done.faults += 1;
    const drawn = FAULTS[Math.floor(chance() * (FAULTS.length + (isClient ? 1 : 0)))];
    if (drawn === undefined) startBurst();
    return drawn ?? 'lose-reply';
  }

  return {
    done,
    left: () => left.length,
    acknowledged(orders: number) {
      acknowledged = orders;
    },

    /** Holds a client's request while a kill is overdue: kills are to come while orders do. */
    async caughtUp(): Promise<void> {
      for (let waitedMs = 0; waitedMs < HOLD_MS_MAX; waitedMs += HOLD_MS) {
        const kill = next();
        if (kill === undefined || kill.place === 'submit') return;
        await pause(HOLD_MS);
      }
    },

    /** What becomes of a request; `drain` is the process that makes it, if one does. */
    fateOf(drain: number | undefined, { body }: SeenRequest): Fate {
      const kill = next();
      const isHere = kill && kill.place !== 'behind' && PLACES[kill.place](body);
      if (kill?.victim === 'drain' && isHere && drain !== undefined) {
        carryOut(kill, drain);
        return kill.when === 'before' ? 'lose-request' : 'lose-reply';
      }
      if (kill?.victim === 'redis' && isHere) {
        // After: while it is at work on this request and on those of others.
        if (kill.when === 'before') carryOut(kill, 0);
        else setImmediate(() => carryOut(kill, 0));
        return 'pass';
      }
      return fault(drain);
    },

    /**
     * Orders are to take effect in the downstream system, or have and are not settled yet: that is when
     * drains are killed there.
     *
     * @returns whether their answer shall be lost
     */
    onEffect(drain: number, when: 'before' | 'after'): boolean {
      const kill = next();
      if (kill?.place !== 'behind') return false;
      if (when !== (kill.victim === 'drain' ? 'after' : kill.when)) return false;
      carryOut(kill, drain);
      // A server that dies after it has answered must have kept what it said.
      return kill.victim === 'drain';
    },

    /** What there was no occasion for is killed wherever it is. */
    carryOutOne(): void {
      const [kill] = left;
      if (kill) carryOut(kill, Math.floor(chance() * victims.drains));
    },
  };
}
