import { afterAll, beforeEach, expect, test } from 'vitest';
import { StoreFault, StoreUnavailable } from '../../lib/store/errors.ts';
import * as scripts from '../../lib/store/scripts.ts';
import { runDrain } from '../support/drains.ts';
import { type Fate, faultyProxy } from '../support/faulty-proxy.ts';
import { NOW_MS } from '../support/orders.ts';
import { expectAllInPlace, snapshot } from '../support/places.ts';
import { startStack } from '../support/stack.ts';
import { steppedClock } from '../support/stepped-clock.ts';
import { freshStore, storeWith } from '../support/store.ts';
import { OPERATIONS, type Operation } from './operations.ts';

// A server of its own: what it refuses and what it has seen is about these scripts alone.
const stack = await startStack({ rules: { undeclaredKeys: 'refuse' } });
let fateOf: (body: string) => Fate = () => 'pass';
const proxy = await faultyProxy(stack, ({ body }) => fateOf(body));
afterAll(async () => {
  await proxy[Symbol.asyncDispose]();
  await stack.stop();
});
beforeEach(() => {
  fateOf = () => 'pass';
});

const CASES = Object.entries(OPERATIONS).map(([name, operation]) => ({ name, operation }));
const REPEATABLE = CASES.filter(({ operation }) => !operation.isOnce);

/** Prepares an operation; its call goes through the proxy. */
async function prepared({ script, prepare }: Operation) {
  const store = freshStore(stack);
  const { ids, call } = await prepare(store);
  const through = storeWith(proxy, store.prefix);
  const isOurs = (body: string) => body.includes(script.sha1);
  return { store, ids, isOurs, call: () => call(through) };
}

/** What is stored after one call. */
async function afterOne(operation: Operation) {
  const { store, call } = await prepared(operation);
  const answer = await call();
  return { answer, stored: (await snapshot(store)).contents };
}

test.for(REPEATABLE)('$name: a second call changes nothing', async ({ operation }) => {
  const { store, call } = await prepared(operation);
  await call();
  const once = (await snapshot(store)).contents;
  await call();
  expect((await snapshot(store)).contents).toEqual(once);
});

test.for(REPEATABLE)(
  '$name: sent again after its reply was lost, or arriving twice, it has one effect',
  async ({ operation }) => {
    const once = await afterOne(operation);
    for (const fate of ['lose-reply', 'repeat'] as const) {
      const { store, call, isOurs } = await prepared(operation);
      let isFirst = true;
      fateOf = (body) => {
        if (!isOurs(body) || !isFirst) return 'pass';
        isFirst = false;
        return fate;
      };
      const answer = await call();
      expect((await snapshot(store)).contents, fate).toEqual(once.stored);
      if (!operation.isToldApart) expect(answer, fate).toEqual(once.answer);
    }
  },
);

test('a claim whose reply is lost is not sent again, and its orders come back', async () => {
  const { store, ids, call, isOurs } = await prepared(
    OPERATIONS['claim from several clients'] ?? expect.fail(),
  );
  let claims = 0;
  fateOf = (body) => {
    if (!isOurs(body)) return 'pass';
    claims += 1;
    return 'lose-reply';
  };
  await expect(call()).rejects.toThrow(StoreUnavailable);
  expect(claims).toBe(1);
  for (const hours of [1, 2]) {
    await runDrain(store, { clock: steppedClock(NOW_MS + hours * 3_600_000) });
  }
  await expectAllInPlace(store, ids);
});

test.for(CASES)('$name: works after Redis has forgotten its scripts', async ({ operation }) => {
  const once = await afterOne(operation);
  const { store, call } = await prepared(operation);
  await store.redis.scriptFlush();
  expect(await call()).toEqual(once.answer);
  expect((await snapshot(store)).contents).toEqual(once.stored);
});

/** The keys that an operation's script is called with. */
async function keysOf(operation: Operation): Promise<string[]> {
  const { store, call, isOurs } = await prepared(operation);
  const keys = new Set<string>();
  fateOf = (body) => {
    if (!isOurs(body)) return 'pass';
    const sent = JSON.parse(body);
    const commands: string[][] = Array.isArray(sent[0]) ? sent : [sent];
    for (const [, sha1, count, ...rest] of commands) {
      if (sha1 !== operation.script.sha1) continue;
      for (const key of rest.slice(0, Number(count))) keys.add(key.slice(store.prefix.length));
    }
    return 'pass';
  };
  await call();
  expect(keys.size).toBeGreaterThan(0);
  return [...keys];
}

test.for(CASES)(
  '$name: where a key holds the wrong type it is a fault that loses nothing',
  async ({ operation }) => {
    for (const key of await keysOf(operation)) {
      const { store, ids, call } = await prepared(operation);
      const name = `${store.prefix}${key}`;
      const type = await store.redis.type(name);
      if (type !== 'none') await store.redis.rename(name, `${name}.kept`);
      await store.redis.sadd(name, 'of the wrong type');
      // A string is simply overwritten, and what a script does not come to is not touched.
      const thrown: unknown = await call().then(
        () => undefined,
        (error: unknown) => error,
      );
      if (thrown !== undefined) expect(thrown, key).toBeInstanceOf(StoreFault);
      if ((await store.redis.type(name)) === 'set') await store.redis.del(name);
      if (await store.redis.exists(`${name}.kept`)) {
        await store.redis.renamenx(`${name}.kept`, name);
        await store.redis.del(`${name}.kept`);
      }
      if (thrown !== undefined && !operation.isOnce) await call();
      for (const hours of [1, 2, 3]) {
        await runDrain(store, { clock: steppedClock(NOW_MS + hours * 3_600_000) });
      }
      await expectAllInPlace(store, ids);
    }
  },
);

test('every script has run by now, and none has touched a key that it does not declare', async () => {
  const all = Object.entries<scripts.Script>(scripts);
  const shas = all.map(([, { sha1 }]) => sha1);
  const known = await freshStore(stack).redis.scriptExists(...shas);
  expect(all.filter((_, at) => known[at] === 0).map(([name]) => name)).toEqual([]);
  expect(stack.usage.undeclaredKeys).toEqual({});
});
