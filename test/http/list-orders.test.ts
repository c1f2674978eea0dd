import { beforeEach, describe, expect, test } from 'vitest';
import { cursorsOf } from '../../lib/http/cursor.ts';
import { orderBody } from '../support/orders.ts';
import { type Answer, type Deployment, deploy } from './deployment.ts';

let api: Deployment;
beforeEach(async () => {
  api = await deploy();
});

const idsOf = ({ body }: Answer) => (body.orders as { id: string }[]).map(({ id }) => id);

const list = (query: Record<string, string> = {}, as: 'shop' | 'other' | 'admin' = 'shop') =>
  api.call('list', { query, as });

async function submit(count: number, as: 'shop' | 'other' = 'shop'): Promise<string[]> {
  const ids: string[] = [];
  for (let index = 0; index < count; index += 1) {
    ids.push(String((await api.submit(orderBody(), { as })).body.id));
  }
  return ids;
}

/** The ids of all pages, as a client follows the cursors. */
async function follow(query: Record<string, string>, as: 'shop' | 'admin' = 'shop') {
  const found: string[][] = [];
  let cursor: string | null = '';
  while (cursor !== null) {
    const answer: Answer = await list({ ...query, ...(cursor !== '' && { cursor }) }, as);
    expect(answer.status).toBe(200);
    found.push(idsOf(answer));
    cursor = answer.body.nextCursor as string | null;
  }
  return found;
}

test('a client pages through its own orders, and an admin through those of all', async () => {
  const ours = await submit(3);
  const theirs = await submit(2, 'other');
  const pages = await follow({ limit: '2' });
  expect(pages.flat().sort()).toEqual(ours.toSorted());
  for (const page of pages) expect(page.length).toBeLessThanOrEqual(2);
  expect((await follow({ limit: '2' }, 'admin')).flat().sort()).toEqual(
    [...ours, ...theirs].sort(),
  );
});

test('an order of a list is the order without its lines; an admin sees whose it is', async () => {
  const [id] = (await submit(1)) as [string];
  const { lines, ...summary } = (await api.read(id)).body;
  expect(lines).toBeDefined();
  const ours = await list();
  expect(ours.body).toEqual({ orders: [summary], nextCursor: null });
  expect(ours.headers['cache-control']).toBe('no-store');
  expect((await list({}, 'admin')).body.orders).toEqual([{ ...summary, client: 'shop' }]);
});

test('50 orders are a page where nothing else is asked for', async () => {
  const orders = Array.from({ length: 51 }, (_, at) => orderBody({ idempotencyKey: `k${at}` }));
  await api.call('batch', { body: { orders } });
  expect(idsOf(await list())).toHaveLength(50);
  expect((await follow({})).map(({ length }) => length)).toEqual([50, 1]);
});

test('filters name a status and a customer, and other parameters are ignored', async () => {
  const [queued] = (await submit(1)) as [string];
  const canceled = String((await api.submit(orderBody({ customer: 'Ä, B&=?' }))).body.id);
  await api.call('cancel', { id: canceled });
  expect((await follow({ status: 'canceled' })).flat()).toEqual([canceled]);
  expect((await follow({ status: 'queued', sort: 'up' })).flat()).toEqual([queued]);
  expect((await follow({ customer: 'Ä, B&=?' })).flat()).toEqual([canceled]);
  expect((await follow({ customer: 'Ä, B&=?', status: 'queued' })).flat()).toEqual([]);
});

test.each(['', 'x'.repeat(65), 'nobody'])('no order has the customer "%s"', async (customer) => {
  await submit(2);
  expect(await follow({ customer })).toEqual([[]]);
});

test('a client finds its orders behind any number of others’ on its first page', async () => {
  const [ours] = (await submit(1)) as [string];
  for (const batch of ['a', 'b', 'c']) {
    const orders = Array.from({ length: 100 }, (_, at) =>
      orderBody({ idempotencyKey: `${batch}${at}` }),
    );
    await api.call('batch', { body: { orders }, as: 'other' });
  }
  expect((await list({ limit: '5' })).body).toMatchObject({
    orders: [{ id: ours }],
    nextCursor: null,
  });
});

test('a cursor does not tell the place of another client’s order', async () => {
  await submit(2, 'other');
  const { body } = await list({ limit: '1' }, 'admin');
  const [{ id, acceptedAt }] = body.orders as [{ id: string; acceptedAt: string }];
  const cursor = Buffer.from(String(body.nextCursor), 'base64url').toString('latin1');
  expect(cursor).not.toContain(id.slice(4));
  expect(cursor).not.toContain(String(Date.parse(acceptedAt)));
});

test('a cursor of another deployment, whose token is another, is none', () => {
  const place = { atMs: 1, id: `ord_${'0'.repeat(32)}` };
  const cursor = cursorsOf('orders', 'theirs').at(place);
  expect(cursorsOf('orders', 'theirs').placeOf(cursor)).toEqual(place);
  expect(cursorsOf('orders', 'ours').placeOf(cursor)).toBeUndefined();
});

describe('a query that is wrong is a 400 that says which parameter', () => {
  test.each([
    '0',
    '101',
    '-1',
    '1.0',
    '1e1',
    '0x1',
    '01',
    ' 1',
    '',
    'all',
    '1,2',
    '99999999999999',
  ])('limit=%s', async (limit) => {
    const answer = await list({ limit });
    expect(answer.status).toBe(400);
    expect(answer.body).toMatchObject({ type: '/problems/invalid-query' });
    expect(answer.body.detail).toBe('limit: Must be a whole number from 1 to 100.');
  });

  test.each(['', 'Queued', 'done', 'queued,dead'])('status=%s', async (status) => {
    const answer = await list({ status });
    expect(answer.status).toBe(400);
    expect(answer.body.detail).toMatch(/^status: Must be one of queued, /);
  });

  test('cursors that no page gave', async () => {
    await submit(2);
    const cursor = String((await list({ limit: '1' })).body.nextCursor);
    const bytes = Buffer.from(cursor, 'base64url');
    const flipped = [...bytes.keys()].map((at) => {
      const copy = Buffer.from(bytes);
      copy[at] = (copy[at] as number) ^ 1;
      return copy.toString('base64url');
    });
    const changed = [
      ...['', 'x', '0', ' ', `${cursor}=`, `${cursor}A`, cursor.slice(1), cursor.slice(0, -1)],
      ...['ä', '../..', cursor.toUpperCase(), `${cursor},${cursor}`, 'null', 'undefined'],
      ...flipped,
    ];
    for (const wrong of changed) {
      const answer = await list({ cursor: wrong });
      expect([wrong, answer.status]).toEqual([wrong, 400]);
      expect(answer.body.detail).toMatch(/^cursor: /);
    }
  });

  test('the cursor of another list', async () => {
    await submit(2);
    const cursor = String((await list({ limit: '1' })).body.nextCursor);
    expect((await api.call('deadLetters', { query: { cursor } })).status).toBe(400);
  });

  test('all of them at once', async () => {
    const { detail } = (await list({ limit: 'x', status: 'x' })).body;
    expect(detail).toMatch(/limit: .*status: /);
  });
});
