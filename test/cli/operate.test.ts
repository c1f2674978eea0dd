import { expect, test } from 'vitest';
import { entryOf } from '../../lib/http/api-keys.ts';
import { authenticate } from '../../lib/http/authenticate.ts';
import type { Received } from '../support/pretend-server.ts';
import { start, startedServer } from './command.ts';

test('a drain until the queue is empty runs again until nothing remains', async () => {
  let remaining = 3;
  const { env, received } = await startedServer(() => {
    remaining -= 1;
    return { status: 200, body: { claimed: 1, produced: 1, retried: 0, dead: 0, remaining } };
  });
  const { exitCode, out } = await start(['drain', '--until-empty'], env).ended;
  expect(exitCode).toBe(0);
  expect(received).toHaveLength(3);
  expect(out.trimEnd().split('\n')).toHaveLength(3);
});

test('a drain that can claim nothing of what remains does not go round in circles', async () => {
  const report = { claimed: 0, produced: 0, retried: 0, dead: 0, remaining: 7 };
  const { env, received } = await startedServer(() => ({ status: 200, body: report }));
  const { exitCode, err } = await start(['drain', '--until-empty'], env).ended;
  expect(exitCode).toBe(1);
  expect(err).toMatch(/7 orders remain, but none can be claimed/);
  expect(received).toHaveLength(1);
});

test('a drain whose producer gives everything back does not go round in circles', async () => {
  const report = { claimed: 3, produced: 0, retried: 0, dead: 0, remaining: 3 };
  const { env, received } = await startedServer(() => ({ status: 200, body: report }));
  const { exitCode, err } = await start(['drain', '--until-empty'], env).ended;
  expect(exitCode).toBe(1);
  expect(err).toMatch(/3 orders remain, but the producer gave back all/);
  expect(received).toHaveLength(1);
});

test('a drain that another one keeps out, and an order that is not there, are told', async () => {
  const gone = { status: 404, body: { type: '/problems/not-found' } };
  const { env } = await startedServer(({ path }) => (path === '/drain' ? { status: 409 } : gone));
  const drain = await start(['drain'], env).ended;
  const get = await start(['get', 'ord_none'], env).ended;
  expect(drain).toMatchObject({ exitCode: 1, err: expect.stringMatching(/lock \(409\)/) });
  expect(get).toMatchObject({ exitCode: 1, err: expect.stringMatching(/no order ord_none/) });
});

const order = {
  id: `ord_${'1'.repeat(32)}`,
  idempotencyKey: 'order-1',
  status: 'queued',
  customer: 'a',
  currency: 'GBP',
  totalAmount: 300,
  acceptedAt: '2026-11-22T13:37:00.000Z',
  attempts: 0,
  updatedAt: '2026-11-22T13:37:00.000Z',
};

test('orders are listed as a table, or as lines of JSON, as far as asked for', async () => {
  const { env, received } = await startedServer(({ path }) => {
    const nextCursor = path.includes('cursor=') ? null : 'next';
    // Another order on each page: a list shows none twice.
    const id = nextCursor === null ? `ord_${'1'.repeat(31)}2` : order.id;
    return { status: 200, body: { orders: [{ ...order, id }], nextCursor, examined: 1 } };
  });
  const flags = ['--status', 'queued', '--customer', 'a b'];
  const table = await start(['list', ...flags, '--limit', '3'], env).ended;
  expect(table).toMatchObject({ exitCode: 0, err: '' });
  expect(table.out.match(/^ord_1+2? +queued +a +GBP 3\.00 /gm)).toHaveLength(2);
  expect(received.map(({ path }) => path)).toEqual([
    '/orders?status=queued&customer=a+b&limit=3',
    '/orders?status=queued&customer=a+b&limit=2&cursor=next',
  ]);
  const lines = await start(['dead-letters', '--json', '--limit', '1'], env).ended;
  expect(JSON.parse(lines.out)).toEqual(order);
  expect(received.at(-1)?.path).toBe('/dead-letters?limit=1');
});

test('an order is canceled, or put back, and what cannot be is told', async () => {
  const conflict = { type: '/problems/not-cancelable', detail: 'This order is produced.' };
  const { env } = await startedServer(({ path }) =>
    path.endsWith('/redrive')
      ? { status: 202, body: { ...order, lines: [] } }
      : { status: 409, body: conflict },
  );
  const redriven = await start(['redrive', order.id, '--json'], env).ended;
  expect(redriven).toMatchObject({ exitCode: 0, err: '' });
  expect(JSON.parse(redriven.out)).toMatchObject({ id: order.id });
  const canceled = await start(['cancel', order.id], env).ended;
  expect(canceled).toMatchObject({ exitCode: 1, out: '' });
  expect(canceled.err).toMatch(/ord_1+ \(409\): This order is produced\./);
});

test('a list of a time asks for what was accepted in it', async () => {
  const { env, received } = await startedServer(() => {
    return { status: 200, body: { orders: [], nextCursor: null, examined: 0 } };
  });
  const times = ['--from', '2026-11-28T09:00:00Z', '--to', '2026-11-28T10:00:00+01:00'];
  expect((await start(['list', ...times, '--json'], env).ended).exitCode).toBe(0);
  const asked = new URL(received[0]?.path ?? '', 'http://api').searchParams;
  expect(Object.fromEntries(asked)).toMatchObject({
    acceptedFrom: '2026-11-28T09:00:00Z',
    acceptedTo: '2026-11-28T10:00:00+01:00',
  });
});

/** Has so many dead orders, and puts back as many as are asked for, but none that were not there. */
function deadLetters(dead: number) {
  let left = dead;
  const limits: number[] = [];
  const answering = ({ path, body }: Received) => {
    if (path === '/stats') return { status: 200, body: { ...statsOf(dead) } };
    const { limit } = JSON.parse(body);
    limits.push(limit);
    const redriven = Math.min(limit, left);
    left -= redriven;
    return { status: 202, body: { redriven } };
  };
  return { answering, limits };
}

function statsOf(dead: number) {
  const counts = { queued: 0, producing: 0, scheduled: 0, dead, produced: 0, canceled: 0 };
  return { ...counts, oldestQueuedAgeMs: null, approximate: [] };
}

test.each([
  ['all that are dead', ['--all'], [1_000, 1_000, 500], 2_500],
  ['so many', ['--limit', '1200'], [1_000, 200], 1_200],
  ['more than there are', ['--limit', '9000'], [1_000, 1_000, 1_000, 1_000], 2_500],
])('%s are put back, a thousand at a request', async (_name, flags, limits, redriven) => {
  const server = deadLetters(2_500);
  const { env } = await startedServer(server.answering);
  const { exitCode, out } = await start(['redrive', ...flags, '--json'], env).ended;
  expect(exitCode).toBe(0);
  expect(JSON.parse(out)).toEqual({ redriven });
  expect(server.limits).toEqual(limits);
});

test('a redrive of many that fails tells how many were put back before', async () => {
  const server = deadLetters(2_500);
  const { env } = await startedServer((request) =>
    server.limits.length === 1 ? { status: 503 } : server.answering(request),
  );
  const { exitCode, err } = await start(['redrive', '--limit', '2000'], env).ended;
  expect(exitCode).toBe(1);
  expect(err).toMatch(/^1,000 orders redriven, perhaps more .*\n.*answered 503/);
});

test.each([
  ['redrive'],
  ['redrive', 'ord_1', '--all'],
  ['redrive', '--all', '--limit', '3'],
  ['list', '--status', 'lost'],
  ['list', '--limit', '0'],
  ['keys', 'create', '--client', 'shop'],
  ['keys', 'create', '--client', 'a b', '--scopes', 'orders:read'],
  ['keys', 'create', '--client', 'shop', '--scopes', 'orders:read,orders:all'],
  ['keys', 'create', '--client', 'shop', '--scopes', ''],
])('%j is told to be wrong, and nothing is sent', async (...args) => {
  const { env, received } = await startedServer(() => ({ status: 500 }));
  const ended = await start(args, env).ended;
  expect(ended).toMatchObject({ exitCode: 2, out: '' });
  expect(ended.err).not.toMatch(/^ +at /m);
  expect(received).toEqual([]);
});

test('a key is made of 256 random bits, and its entry lets it in', async () => {
  const args = ['keys', 'create', '--client', 'shop', '--scopes', 'orders:write,orders:read'];
  const [first, second] = await Promise.all(
    [1, 2].map(async () => JSON.parse((await start([...args, '--json'], {}).ended).out)),
  );
  expect(first.key).toMatch(/^sluice_[A-Za-z0-9_-]{43}$/);
  expect(first.key).not.toBe(second.key);
  expect(first.entry).toEqual(entryOf(first.key, 'shop', ['orders:write', 'orders:read']));
  for (const { key } of [first, second]) {
    expect(authenticate(`Bearer ${key}`, [first.entry, second.entry])).toMatchObject({
      client: 'shop',
    });
  }
});

test('a key is printed once, with its entry and the way to change it without a gap', async () => {
  const args = ['keys', 'create', '--client', 'ops', '--scopes', 'orders:admin'];
  const { exitCode, out, err } = await start(args, {}).ended;
  expect({ exitCode, err }).toEqual({ exitCode: 0, err: '' });
  const [key = ''] = out.match(/^sluice_\S+$/m) ?? [];
  expect(out.split(key)).toHaveLength(2);
  expect(out).toContain(`\n${JSON.stringify(entryOf(key, 'ops', ['orders:admin']))}\n`);
  expect(out).toMatch(/without a gap.*two for a while/s);
});
