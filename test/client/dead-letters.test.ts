import { beforeEach, expect, inject, test, vi } from 'vitest';
import { Unreachable } from '../../lib/client/errors.ts';
import { orderBody } from '../support/orders.ts';
import { storeWith } from '../support/store.ts';
import { collected, deployedClient, type Fate } from './deployed-client.ts';

beforeEach(() => {
  vi.spyOn(process.stdout, 'write').mockReturnValue(true);
  return () => vi.restoreAllMocks();
});

/** A deployment of dead orders, each of them killed by a producer. */
async function setup(count: number, fateOf?: (route: string) => Fate) {
  const deployed = await deployedClient(({ route }) => fateOf?.(route) ?? 'pass');
  const orders = Array.from({ length: count }, (_, at) => orderBody({ reference: `${at}` }));
  const results = await deployed.clientOf('shop').submitBatch(orders);
  const ids = results.map((result) => (result.kind === 'accepted' ? result.receipt.id : ''));
  const store = storeWith(inject('upstash'), deployed.api.prefix);
  const nowMs = Date.now();
  const limits = { ordersMax: 500, bytesMax: 1e6, leaseMs: 60_000, attemptsMax: 9, nowMs };
  const { token } = await store.claim(limits);
  const settlements = ids.map((id) => ({ id, kind: 'dead', reason: 'No stock.' }) as const);
  await store.settle(token, settlements, nowMs);
  return { ...deployed, ids, admin: deployed.clientOf('admin') };
}

test('dead orders are listed through all pages with what killed them', async () => {
  const { admin, ids, sent } = await setup(120);
  const dead = await collected(admin.deadLetters());
  expect(new Set(dead.map(({ id }) => id))).toEqual(new Set(ids));
  expect(dead[0]).toMatchObject({ status: 'dead', lastError: { reason: 'No stock.' } });
  expect(sent.filter(({ route }) => route === 'GET /dead-letters')).toHaveLength(2);
});

test('a dead order ends a wait for it, and is put back', async () => {
  const { admin, ids, clientOf } = await setup(1);
  const id = String(ids[0]);
  expect(await clientOf('shop').waitUntilProduced(id)).toMatchObject({
    kind: 'dead',
    order: { lastError: { reason: 'No stock.' } },
  });
  expect(await admin.redrive(id)).toMatchObject({ id, status: 'queued', attempts: 0 });
});

test('a redrive of many whose answer is lost is not sent again: it would put more of them back', async () => {
  const { admin, sent } = await setup(5, (route) =>
    route === 'POST /dead-letters/redrive' ? 'lose-reply' : 'pass',
  );
  await expect(admin.redriveDeadLetters({ limit: 2 })).rejects.toThrow(Unreachable);
  expect(sent.filter(({ route }) => route === 'POST /dead-letters/redrive')).toHaveLength(1);
  expect(await admin.stats()).toMatchObject({ dead: 3 });
});
