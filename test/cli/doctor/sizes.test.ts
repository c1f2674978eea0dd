import { afterAll, expect, test } from 'vitest';
import { orderIn } from '../../support/maintenance.ts';
import { submitOrders } from '../../support/orders.ts';
import { storeWith } from '../../support/store.ts';
import { environmentOf, examined, ownRedis, proxied, says } from './examining.ts';

const server = await ownRedis();
afterAll(server.stop);

async function sizesOf(prefix: string, options: { recordBytesMax?: number; url?: string } = {}) {
  const { url = server.url, ...others } = options;
  const env = environmentOf({ ...server, url }, prefix);
  return (await examined({ env, ...others })).finding('redis/largest keys');
}

test('without orders there is nothing to measure', async () => {
  expect(await sizesOf('none:')).toMatchObject({ kind: 'ok', found: 'no orders yet' });
});

test('the keys with the most entries are told with their sizes, and warn near to the limit', async () => {
  const store = storeWith(server, 'some:');
  await orderIn(store, 'produced');
  await submitOrders(store, 20);
  const { kind, found } = await sizesOf('some:');
  expect(kind).toBe('ok');
  expect(found).toMatch(/^some:order_queue:shop: 20 entries, \d+ B; .*, of 100\.0 MiB$/);
  expect(found).toContain('some:order_ended:shop:0: 1 entries');
  expect(await sizesOf('some:', { recordBytesMax: 1_150 })).toMatchObject({
    kind: 'warning',
    fix: expect.stringMatching(/SLUICE_QUEUE_MAX.*--record-mb/),
  });
  expect((await sizesOf('some:', { recordBytesMax: 500 })).kind).toBe('wrong');
});

test('a database that does not tell sizes is answered by what an entry takes', async () => {
  const proxy = await proxied(server, ({ body }) =>
    /^\["MEMORY"/.test(body) ? says({ error: 'ERR unknown command' }, 400) : 'pass',
  );
  const { found } = await sizesOf('some:', { url: proxy.url });
  expect(found).toMatch(/^some:order_queue:shop: 20 entries, about 1000 B/);
});
