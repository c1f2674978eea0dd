import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import type { ClientRequest, ServerResponse } from 'node:http';
import { createServer } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { BODY_BYTES_MAX } from '../../lib/webhook/post.ts';
import { NOW_MS } from '../support/orders.ts';
import { steppedClock } from '../support/stepped-clock.ts';
import { claimedOrders, contextOf } from './claimed.ts';
import { type Answer, accept, answerJson, producerFor, startReceiver } from './receiver.ts';

const clock = steppedClock(NOW_MS);

/** What the producer answers for one order where the connection goes so. */
async function answerTo(answer: Answer, mode: 'order' | 'batch' = 'order') {
  await using receiver = await startReceiver(answer);
  const [order] = claimedOrders(1);
  const answers = await producerFor(receiver.url, { clock }, { mode })([order], contextOf());
  return answers.get(order.id);
}

/** A server that speaks no HTTP, or a broken one. */
async function answerToRaw(reply: string | undefined) {
  const server = createServer((socket) => {
    socket.on('error', () => undefined);
    socket.once('data', () => (reply === undefined ? socket.destroy() : socket.end(reply)));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as { port: number };
  const [order] = claimedOrders(1);
  try {
    const producer = producerFor(`http://localhost:${port}/`, { clock });
    return (await producer([order], contextOf())).get(order.id);
  } finally {
    server.close();
  }
}

test('a connection that is refused is retried, and the reason names no address', async () => {
  const { url } = await (async () => {
    await using gone = await startReceiver();
    return gone;
  })();
  const [order] = claimedOrders(1);
  const answers = await producerFor(url, { clock })([order], contextOf());
  expect(answers.get(order.id)).toEqual({
    kind: 'retry',
    reason: 'The receiver could not be reached (ECONNREFUSED).',
  });
});

test('a name that does not resolve is retried', async () => {
  const [order] = claimedOrders(1);
  const network = {
    resolve: () => Promise.reject(Object.assign(new Error('canary'), { code: 'ENOTFOUND' })),
    isPublic: () => true,
  };
  const producer = producerFor('http://receiver.example/', { clock, network });
  expect((await producer([order], contextOf())).get(order.id)).toEqual({
    kind: 'retry',
    reason: 'The receiver could not be reached (ENOTFOUND).',
  });
});

test.each<[string, string | undefined]>([
  ['is closed without an answer', undefined],
  ['speaks no HTTP', 'hello'],
  ['ends in the middle of the headers', 'HTTP/1.1 200 OK\r\ncontent-'],
  ['changes the protocol', 'HTTP/1.1 101 Switching Protocols\r\nupgrade: x\r\n\r\n'],
  ['has headers without end', `HTTP/1.1 200 OK\r\nx: ${'x'.repeat(40_000)}\r\n\r\n`],
  ['has two lengths', 'HTTP/1.1 200 OK\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\nab'],
])('an order whose connection %s is retried', async (_, reply) => {
  expect(await answerToRaw(reply)).toMatchObject({
    kind: 'retry',
    reason: expect.stringMatching(
      /^The receiver (could not be reached( \([A-Z_]+\))?|answered with 101)\.$/,
    ),
  });
});

test('a receiver that does not answer in time is left, and the order retried', async () => {
  await using receiver = await startReceiver(() => undefined);
  const time = steppedClock(NOW_MS);
  const [order] = claimedOrders(1);
  const producing = producerFor(receiver.url, { clock: time })([order], contextOf());
  await receiver.got(1);
  time.step(5_000);
  expect((await producing).get(order.id)).toEqual({
    kind: 'retry',
    reason: 'The receiver did not answer in time.',
  });
});

test('an answer that begins and never ends counts by its status once the time is up', async () => {
  await using receiver = await startReceiver((_, response) => {
    response.writeHead(200).write('{"orderNumber":');
  });
  const begun = Promise.withResolvers<void>();
  const sawAnswer = (message: unknown) => {
    const { request } = message as { request: ClientRequest };
    if (request.getHeader('host') === `localhost:${receiver.port}`) begun.resolve();
  };
  subscribe('http.client.response.finish', sawAnswer);
  onTestFinished(() => void unsubscribe('http.client.response.finish', sawAnswer));
  const time = steppedClock(NOW_MS);
  const [order] = claimedOrders(1);
  const producing = producerFor(receiver.url, { clock: time })([order], contextOf());
  await begun.promise;
  time.step(5_000);
  expect((await producing).get(order.id)).toEqual({ kind: 'produced' });
});

const HALF: Answer = (_, response) => {
  response.writeHead(200, { 'content-length': 100 });
  response.write('{"results":[', () => response.destroy());
};
const HUGE: Answer = (_, response) => response.end('1'.repeat(BODY_BYTES_MAX + 1));

test.each([
  ['breaks off', HALF],
  ['is huge', HUGE],
])('a 2xx to an order that %s is produced without a result', async (_, answer) => {
  expect(await answerTo(answer)).toEqual({ kind: 'produced' });
});

test.each([
  ['breaks off', HALF],
  ['is huge', HUGE],
])('a 2xx to a batch that %s may have said anything: its orders are retried', async (_, answer) => {
  expect(await answerTo(answer, 'batch')).toEqual({
    kind: 'retry',
    reason: 'The answer of the receiver was cut off or too large.',
  });
});

test('an answer without end is not read to its end', async () => {
  const closed = Promise.withResolvers<void>();
  const answer: Answer = (_, response) => {
    response.on('close', closed.resolve);
    const more = () => {
      while (!response.destroyed && response.write('x'.repeat(64_000)));
      if (!response.destroyed) response.once('drain', more);
    };
    more();
  };
  expect(await answerTo(answer)).toEqual({ kind: 'produced' });
  await closed.promise;
});

test('the signal ends what is under way, and gives back what was not begun', async () => {
  await using receiver = await startReceiver(({ id }, response) => {
    if (id === orders[0].id) accept(id, response);
  });
  const orders = claimedOrders(5);
  const stop = new AbortController();
  const producing = producerFor(receiver.url, { clock })(orders, contextOf(stop.signal));
  await receiver.got(3);
  stop.abort();
  const kinds = orders.map(async ({ id }) => (await producing).get(id)?.kind);
  expect(await Promise.all(kinds)).toEqual(['produced', 'retry', 'retry', 'untried', 'untried']);
  expect(receiver.all).toHaveLength(3);
});

test('as many POSTs as may be are under way, and no more', async () => {
  const held: ServerResponse[] = [];
  await using receiver = await startReceiver((_, response) => held.push(response));
  const producer = producerFor(receiver.url, { clock }, { concurrency: 3 });
  const producing = producer(claimedOrders(9), contextOf());
  for (const count of [3, 6, 9]) {
    await receiver.got(count);
    // A round trip of another producer: what else was sent would have come by then.
    await using other = await startReceiver();
    await producerFor(other.url, { clock })(claimedOrders(2), contextOf());
    expect(receiver.all).toHaveLength(count);
    for (const response of held.splice(0)) response.end();
  }
  expect([...(await producing).values()].map(({ kind }) => kind)).toEqual(
    Array(9).fill('produced'),
  );
});

test('connections are kept from order to order and from batch to batch', async () => {
  await using receiver = await startReceiver((_, response) => answerJson(response, 200, {}));
  const producer = producerFor(receiver.url, { clock }, { concurrency: 1 });
  for (const _ of [1, 2]) await producer(claimedOrders(5), contextOf());
  expect(new Set(receiver.all.map(({ connection }) => connection)).size).toBe(1);
  expect(receiver.all).toHaveLength(10);
});

test('a connection that was unused for a while, as one that Lambda has frozen, is not used again', async () => {
  await using receiver = await startReceiver();
  const time = steppedClock(NOW_MS);
  const producer = producerFor(receiver.url, { clock: time }, { concurrency: 1 });
  for (const idleMs of [0, 4_000, 4_001]) {
    time.step(idleMs);
    await producer(claimedOrders(2), contextOf());
  }
  expect(receiver.all.map(({ connection }) => connection)).toEqual([1, 1, 1, 1, 2, 2]);
});

test('a kept connection that the receiver has closed costs no order an attempt', async () => {
  // It closes each connection at the second request on it, as one whose time is up.
  const used = new Set<number>();
  await using receiver = await startReceiver(({ connection }, response) => {
    if (used.has(connection)) return response.destroy();
    used.add(connection);
    response.end();
  });
  const producer = producerFor(receiver.url, { clock }, { concurrency: 1 });
  const answers = await producer(claimedOrders(4), contextOf());
  expect([...answers.values()].map(({ kind }) => kind)).toEqual(Array(4).fill('produced'));
});

test('an order that has the receiver hang up is sent twice at most, however many connections are kept', async () => {
  const [poison, ...others] = claimedOrders(5);
  await using receiver = await startReceiver(({ id }, response) =>
    id === poison.id ? response.destroy() : response.end(),
  );
  const producer = producerFor(receiver.url, { clock }, { concurrency: 4 });
  await producer(others, contextOf());
  const answers = await producer([poison], contextOf());
  expect(answers.get(poison.id)).toEqual({
    kind: 'retry',
    reason: 'The receiver could not be reached (ECONNRESET).',
  });
  expect(receiver.all.filter(({ id }) => id === poison.id)).toHaveLength(2);
});
