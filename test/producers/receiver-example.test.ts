import { once } from 'node:events';
import { type AddressInfo, connect } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { createReceiver, type SentOrder } from '../../examples/webhook-receiver/receiver.ts';
import { systemClock } from '../../lib/clock.ts';
import { runDrain } from '../support/drains.ts';
import { NOW_MS, submitOrders } from '../support/orders.ts';
import { steppedClock } from '../support/stepped-clock.ts';
import { freshStore, readOrder } from '../support/store.ts';
import { claimOrders } from './claimed.ts';
import { producerFor, SECRET } from './receiver.ts';

const OLD_SECRET = Buffer.alloc(32, 3);

/** The example, listening, and the orders that it produced. */
async function startExample(secret = SECRET) {
  const produced: SentOrder[] = [];
  let refused = 0;
  const server = createReceiver({
    secret: `whsec_${secret.toString('base64')}`,
    produce: (order) => ({ orderNumber: produced.push(order) }),
    onRefused: () => {
      refused += 1;
    },
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  return { url: `http://localhost:${port}/`, produced, refused: () => refused };
}

/** Signed with the machine's time, which the library compares with its own. */
function producerAt(url: string, overrides = {}) {
  const clock = { now: systemClock.now, after: systemClock.after };
  return producerFor(url, { clock }, overrides);
}

test.each(['order', 'batch'] as const)(
  'the example verifies what is sent by the %s, and gives each order its number once',
  async (mode) => {
    const store = freshStore();
    const ids = await submitOrders(store, 5);
    const { url, produced, refused } = await startExample();
    const producer = producerAt(url, { mode });
    const { orders, token } = await claimOrders(store, NOW_MS + 100, 3);
    // A drain that was killed before it could settle.
    const { signal } = new AbortController();
    await producer(orders, { token, signal, deadlineMs: NOW_MS + 60_000 });
    for (const later of [60_000, 120_000]) {
      await runDrain(store, { producer, clock: steppedClock(NOW_MS + later) });
    }
    expect(produced.map(({ id }) => id).sort()).toEqual(ids.toSorted());
    expect(refused()).toBe(0);
    const read = await Promise.all(ids.map((id) => readOrder(store, id, NOW_MS)));
    expect(read.map((order) => order?.orderNumber).sort()).toEqual([1, 2, 3, 4, 5]);
  },
);

test('a receiver that still has the old secret verifies what both secrets have signed', async () => {
  const store = freshStore();
  await submitOrders(store, 2);
  const { url, produced } = await startExample(OLD_SECRET);
  const producer = producerAt(url, { secrets: [SECRET, OLD_SECRET] });
  expect(await runDrain(store, { producer })).toMatchObject({ produced: 2 });
  expect(produced).toHaveLength(2);
});

test('what another secret has signed has no effect, and its order is tried again', async () => {
  const store = freshStore();
  const [id] = (await submitOrders(store, 1)) as [string];
  const { url, produced, refused } = await startExample();
  const producer = producerAt(url, { secrets: [OLD_SECRET] });
  expect(await runDrain(store, { producer })).toMatchObject({ retried: 1, dead: 0 });
  expect([produced.length, refused()]).toEqual([0, 1]);
  expect(await readOrder(store, id, NOW_MS)).toMatchObject({
    lastError: { reason: 'The signature could not be verified.' },
  });
});

test('what was signed an hour ago has no effect', async () => {
  const store = freshStore();
  await submitOrders(store, 1);
  const { url, produced } = await startExample();
  const producer = producerFor(url, { clock: steppedClock(Date.now() - 3_600_000) });
  expect(await runDrain(store, { producer })).toMatchObject({ retried: 1 });
  expect(produced).toEqual([]);
});

test('a body that is too large, or whose length says so, closes the connection', async () => {
  const { url, produced } = await startExample();
  const port = Number(new URL(url).port);
  for (const head of ['content-length: 9000000', 'transfer-encoding: chunked']) {
    const socket = connect(port, '127.0.0.1');
    const closed = new Promise((resolve) => socket.once('close', resolve));
    socket.resume().on('error', () => undefined);
    socket.write(`POST / HTTP/1.1\r\nhost: x\r\n${head}\r\n\r\n`);
    // A length says enough; of a body without one, 9 MB are sent and no end.
    if (head.startsWith('transfer')) {
      const chunk = `100000\r\n${'x'.repeat(0x100000)}\r\n`;
      for (let sent = 0; sent < 9; sent += 1) socket.write(chunk);
    }
    await closed;
  }
  expect(produced).toEqual([]);
});
