import { afterAll, afterEach, expect, test } from 'vitest';
import { reconcile } from '../../lib/maintenance/reconcile.ts';
import { StoreUnavailable, type UnavailableKind } from '../../lib/store/errors.ts';
import * as scripts from '../../lib/store/scripts.ts';
import type { InjectedFailure } from '../../local/upstash/rules.ts';
import { type Answer, deploy } from '../http/deployment.ts';
import { runDrain } from '../support/drains.ts';
import { NOW_MS, orderBody } from '../support/orders.ts';
import { expectAllInPlace, expectNoneTwice, snapshot } from '../support/places.ts';
import { startStack } from '../support/stack.ts';
import { steppedClock } from '../support/stepped-clock.ts';
import { freshStore, storeWith, type TestStore } from '../support/store.ts';
import { OPERATIONS } from './operations.ts';

// A server of its own, as its rules are the same for all its clients.
const stack = await startStack();
afterAll(stack.stop);
afterEach(() => {
  stack.rules.failure = null;
});

/** What the service says inside a script, and what kind of failure that is. */
const KINDS = {
  databaseFull: 'full',
  recordFull: 'record',
  requestTooLarge: 'too-large',
  requestsUsedUp: 'budget',
  dailyRequestsUsedUp: 'budget',
  unauthorized: 'unauthorized',
} as const satisfies Partial<Record<InjectedFailure['error'], UnavailableKind>>;
const ERRORS = Object.keys(KINDS) as (keyof typeof KINDS)[];
type Tear = Pick<InjectedFailure, 'command' | 'andLater'> & { readonly error: keyof typeof KINDS };
const HOUR_MS = 3_600_000;

/** Drains for some hours: all leases end, and all that waits for a time is due. */
async function drainAll(store: TestStore) {
  for (let hour = 1; hour <= 3; hour += 1) {
    await runDrain(store, { clock: steppedClock(NOW_MS + hour * HOUR_MS) });
  }
}

/** Calls an operation whose n-th command fails; `false` if it has fewer commands. */
async function tear(name: string, failure: Tear, isRetried: boolean) {
  const operation = OPERATIONS[name] ?? expect.fail();
  const store = freshStore(stack);
  const { ids, call } = await operation.prepare(store);
  const before = stack.usage.failures;
  stack.rules.failure = { ...failure, of: 'script', script: operation.script.sha1 };
  const error: unknown = await call(store).then(
    () => undefined,
    (thrown) => thrown,
  );
  stack.rules.failure = null;
  if (stack.usage.failures === before) return false;
  if (error !== undefined || !operation.bearsFailures) {
    expect(error).toBeInstanceOf(StoreUnavailable);
    expect(error).toMatchObject({ kind: KINDS[failure.error] });
  }

  const torn = await snapshot(store);
  expectNoneTwice(torn);
  const orders = ids.filter((id) => `order:${id}` in torn.contents);
  const isStranded = orders.some((id) => !torn.places.has(id));
  if (isRetried) await call(store);
  const accepted = isRetried ? ids : orders;
  await drainAll(store);
  if (isStranded || (operation.isUpkeep && !isRetried)) {
    // Only where the undo of a submit failed as well, and for what upkeep itself has begun.
    expect(name.startsWith('submit') ? failure.andLater : operation.isUpkeep).toBe(true);
    await reconcile({ store, clock: steppedClock(NOW_MS + 4 * HOUR_MS), isRepair: true });
    await runDrain(store, { clock: steppedClock(NOW_MS + 5 * HOUR_MS) });
  }
  await expectAllInPlace(store, accepted);
  return true;
}

const MODES = [true, false].flatMap((andLater) => [
  { andLater, isRetried: true, what: andLater ? 'with all later ones, retried' : 'alone, retried' },
  { andLater, isRetried: false, what: andLater ? 'with all later ones' : 'alone' },
]);
const CASES = Object.keys(OPERATIONS).flatMap((name) => MODES.map((mode) => ({ ...mode, name })));

test.for(CASES)(
  '$name: each of its commands fails $what, and every order comes to its one place',
  async ({ name, andLater, isRetried }) => {
    for (let command = 1; ; command += 1) {
      // A script cannot tell one text from another, so each command meets one of them.
      const error = ERRORS[command % ERRORS.length] ?? 'databaseFull';
      const isTorn = await tear(name, { command, error, andLater }, isRetried);
      if (!isTorn) return expect(command).toBeGreaterThan(1);
    }
  },
);

test.for(ERRORS)(
  '%s is told as what it is, whether a script hands it on or dies of it',
  async (error) => {
    for (const name of ['submit beside orders that wait', 'settle of all kinds']) {
      for (const command of [1, 2]) {
        for (const andLater of [false, true]) await tear(name, { command, error, andLater }, true);
      }
    }
  },
);

const dead = async (api: Awaited<ReturnType<typeof deploy>>) => {
  const { body } = await api.submit(orderBody());
  const at = { status: 'dead', attempts: 1, updatedAtMs: 1 };
  const { keys, client } = storeWith(stack, api.prefix);
  await client.redis.set(keys.state(String(body.id)), JSON.stringify(at));
  await client.redis.del(keys.queue('shop'));
  await client.redis.zadd(keys.dead('shop'), { score: 1, member: String(body.id) });
  return String(body.id);
};

/** What a caller asks for, and the script that it takes. */
const CALLS: Record<
  string,
  [scripts.Script, (api: Awaited<ReturnType<typeof deploy>>) => Promise<Answer>]
> = {
  submit: [scripts.SUBMIT, (api) => api.submit(orderBody())],
  'submit of a batch': [
    scripts.SUBMIT,
    (api) => api.call('batch', { body: { orders: [orderBody({ idempotencyKey: 'a' })] } }),
  ],
  cancel: [
    scripts.CANCEL,
    async (api) => api.call('cancel', { id: String((await api.submit(orderBody())).body.id) }),
  ],
  redrive: [scripts.REDRIVE, async (api) => api.call('redrive', { id: await dead(api) })],
  'redrive of many': [
    scripts.REDRIVE,
    async (api) => {
      await dead(api);
      return api.call('redriveMany', { body: { limit: 10 } });
    },
  ],
  'a drain': [
    scripts.CLAIM,
    async (api) => {
      await api.submit(orderBody());
      return api.call('drain');
    },
  ],
};

test.for(Object.entries(CALLS))(
  '%s answers 503 wherever its script is torn, and never 500',
  async ([, [script, call]]) => {
    const api = await deploy(stack);
    for (let command = 1; ; command += 1) {
      const before = stack.usage.failures;
      stack.rules.failure = {
        ...{ error: 'databaseFull', of: 'script', script: script.sha1 },
        ...{ command, andLater: command % 2 === 0 },
      };
      const { status } = await call(api);
      stack.rules.failure = null;
      if (stack.usage.failures === before) return expect(status).toBeLessThan(300);
      expect(status, `command ${command}`).toBe(503);
    }
  },
);
