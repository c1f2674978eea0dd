import type { Redis } from '@upstash/redis';
import type { Store } from '../../lib/store/connection.ts';
import * as scripts from '../../lib/store/scripts.ts';

/** What one request asks of Redis: the scripts it runs, `READ` for reads of orders, or a command. */
export type Asked = readonly string[];

export interface Hooks {
  /** Before the request leaves; what it returns is waited for, and what it throws fails the request. */
  readonly before?: (asked: Asked) => unknown;
  /** After the answer has come. */
  readonly after?: (asked: Asked) => unknown;
}

const NAMES = new Map(
  Object.entries<scripts.Script>(scripts).map(([name, { sha1 }]) => [sha1, name]),
);

/** The same store, with hooks around each of its requests. */
export function watchedStore<S extends Store>(store: S, { before, after }: Hooks): S {
  async function around<T>(asked: Asked, send: () => Promise<T>): Promise<T> {
    await before?.(asked);
    const answer = await send();
    await after?.(asked);
    return answer;
  }

  function watched(redis: Redis): Redis {
    return new Proxy(redis, {
      get(target, member) {
        if (member === 'pipeline') return () => pipeline(target.pipeline());
        const method: unknown = Reflect.get(target, member, target);
        if (typeof method !== 'function') return method;
        return (...args: unknown[]) => {
          const name = member === 'evalsha' ? NAMES.get(String(args[0])) : undefined;
          const command = member === 'mget' ? 'READ' : String(member).toUpperCase();
          return around([name ?? command], () => Reflect.apply(method, target, args));
        };
      },
    });
  }

  function pipeline(target: ReturnType<Redis['pipeline']>) {
    const asked: string[] = [];
    const proxy = new Proxy(target, {
      get(_, member) {
        const method = Reflect.get(target, member, target) as (...args: unknown[]) => unknown;
        return (...args: unknown[]) => {
          const send = () => Reflect.apply(method, target, args);
          if (member === 'exec') {
            return around(asked.length > 0 ? asked : ['READ'], send as () => Promise<unknown>);
          }
          const name = member === 'evalsha' ? NAMES.get(String(args[0])) : undefined;
          if (name !== undefined) asked.push(name);
          send();
          return proxy;
        };
      },
    }) as ReturnType<Redis['pipeline']>;
    return proxy;
  }

  const { client } = store;
  return {
    ...store,
    client: {
      ...client,
      once: (send) => client.once((redis) => send(watched(redis))),
      repeatedly: (send) => client.repeatedly((redis) => send(watched(redis))),
    },
  } as S;
}

/**
 * A store as a process sees it that is killed at one of its requests: before the request has left, or
 * when it is done and the process does not learn of it. Nothing leaves the process after that.
 */
export function mortalStore<S extends Store>(
  store: S,
  { request, when }: { request: number; when: 'before' | 'after' },
): { store: S; died: Promise<'died'>; requests: () => number; kill: () => void } {
  const death = Promise.withResolvers<'died'>();
  const never = new Promise<never>(() => undefined);
  let seen = 0;
  let isDead = false;
  const die = () => {
    isDead = true;
    death.resolve('died');
    return never;
  };
  const watched = watchedStore(store, {
    before() {
      seen += 1;
      if (isDead || (seen - 1 === request && when === 'before')) return die();
    },
    after() {
      if (isDead || (seen - 1 >= request && when === 'after')) return die();
    },
  });
  return { store: watched, died: death.promise, requests: () => seen, kill: () => void die() };
}
