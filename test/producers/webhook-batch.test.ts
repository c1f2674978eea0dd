import { expect, test } from 'vitest';
import { NOW_MS } from '../support/orders.ts';
import { steppedClock } from '../support/stepped-clock.ts';
import { claimedOrders, contextOf } from './claimed.ts';
import { type Answer, answerJson, producerFor, startReceiver } from './receiver.ts';

const ORDERS = claimedOrders(4);
const IDS = ORDERS.map(({ id }) => id);

/** What the producer answers for each of four orders, and how many orders each POST held. */
async function produce(answer: Answer) {
  await using receiver = await startReceiver(answer);
  const clock = steppedClock(NOW_MS);
  const producer = producerFor(receiver.url, { clock }, { mode: 'batch', concurrency: 1 });
  const answers = await producer(ORDERS, contextOf());
  return {
    answers: IDS.map((id) => answers.get(id)),
    sizes: receiver.all.map(({ orders }) => orders.length),
  };
}

const PRODUCED = { kind: 'produced' };

test('each order of a batch has its own result', async () => {
  const results = [
    { id: IDS[3], status: 'retry', reason: 'busy', retryAfterMs: 9_000 },
    { id: IDS[0], status: 'produced', orderNumber: 17, result: { shelf: 4 } },
    { id: IDS[2], status: 'rejected', reason: 'no such sku' },
    { id: IDS[1], status: 'produced' },
  ];
  const { answers, sizes } = await produce((_, response) => answerJson(response, 200, { results }));
  expect(sizes).toEqual([4]);
  expect(answers).toEqual([
    { kind: 'produced', orderNumber: 17, result: { shelf: 4 } },
    PRODUCED,
    { kind: 'rejected', reason: 'no such sku' },
    { kind: 'retry', reason: 'busy', afterMs: 9_000 },
  ]);
});

test.each(['', 'OK', '{"ok":true}', '[]', 'null', '{"results":{}}'])(
  'a 2xx whose body is %j says that all are produced',
  async (body) => {
    const { answers } = await produce((_, response) => response.writeHead(200).end(body));
    expect(answers).toEqual([PRODUCED, PRODUCED, PRODUCED, PRODUCED]);
  },
);

test('an order that the results leave out has no answer, and one that was not sent gets none', async () => {
  const results = [
    { id: IDS[1], status: 'produced' },
    { id: 'ord_other', status: 'produced' },
  ];
  const { answers } = await produce((_, response) => answerJson(response, 200, { results }));
  expect(answers).toEqual([undefined, PRODUCED, undefined, undefined]);
});

test('results that are odd are retried, and spoil no other', async () => {
  const results = [
    { id: IDS[0], status: 'done' },
    { id: IDS[1], status: 'retry', retryAfterMs: 'soon' },
    { id: IDS[2], status: 'rejected', reason: { text: 'x' } },
    null,
    { id: IDS[3], status: 'produced', orderNumber: '4' },
  ];
  const { answers } = await produce((_, response) => answerJson(response, 200, { results }));
  expect(answers).toEqual([
    { kind: 'retry', reason: 'The receiver gave no status for this order that is known.' },
    { kind: 'retry', reason: '' },
    { kind: 'rejected', reason: '' },
    PRODUCED,
  ]);
});

test.each([400, 413, 422, 500])(
  'a batch that is answered with %i goes out order by order, so that one spoils no other',
  async (status) => {
    const bad = IDS[2] as string;
    const { answers, sizes } = await produce(({ orders }, response) =>
      response.writeHead(orders.includes(bad) ? status : 200).end(),
    );
    expect(sizes).toEqual([4, 1, 1, 1, 1]);
    const reason = `The receiver answered with ${status}.`;
    const kind = status < 500 ? 'rejected' : 'retry';
    expect(answers).toEqual([PRODUCED, PRODUCED, { kind, reason }, PRODUCED]);
  },
);

test('a batch whose answer is lost goes out order by order, with ids that the receiver knows', async () => {
  const { answers, sizes } = await produce(({ orders }, response) =>
    orders.length > 1 ? response.destroy() : response.end(),
  );
  expect(sizes).toEqual([4, 1, 1, 1, 1]);
  expect(answers).toEqual([PRODUCED, PRODUCED, PRODUCED, PRODUCED]);
});

test('a receiver that asks to be left alone is asked no more for the orders of its batch', async () => {
  const { answers, sizes } = await produce((_, response) =>
    response.writeHead(429, { 'retry-after': '30' }).end(),
  );
  expect(sizes).toEqual([4]);
  const reason = 'The receiver answered with 429.';
  expect(answers).toEqual(IDS.map(() => ({ kind: 'retry', reason, afterMs: 30_000 })));
});

test('a batch is not sent once the signal has fired or while the receiver is to be left alone', async () => {
  await using receiver = await startReceiver((_, response) =>
    response.writeHead(503, { 'retry-after': '30' }).end(),
  );
  const clock = steppedClock(NOW_MS);
  const producer = producerFor(receiver.url, { clock }, { mode: 'batch' });
  const kinds = async (signal?: AbortSignal) => {
    const answers = await producer(ORDERS, contextOf(signal));
    return new Set([...answers.values()].map(({ kind }) => kind));
  };
  expect(await kinds(AbortSignal.abort())).toEqual(new Set(['untried']));
  expect(receiver.all).toEqual([]);
  expect(await kinds()).toEqual(new Set(['retry']));
  expect(await kinds()).toEqual(new Set(['untried']));
  expect(receiver.all).toHaveLength(1);
});
