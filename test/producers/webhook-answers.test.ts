import { expect, test } from 'vitest';
import { NOW_MS } from '../support/orders.ts';
import { steppedClock } from '../support/stepped-clock.ts';
import { claimedOrders, contextOf } from './claimed.ts';
import { type Answer, answerJson, producerFor, startReceiver } from './receiver.ts';

/** What the producer answers for one order where the receiver answers so. */
async function answerTo(answer: Answer) {
  await using receiver = await startReceiver(answer);
  const [order] = claimedOrders(1);
  const producer = producerFor(receiver.url, { clock: steppedClock(NOW_MS) });
  const answers = await producer([order], contextOf());
  expect(receiver.all).toHaveLength(1);
  return answers.get(order.id);
}

const withStatus = (status: number, headers: Record<string, string> = {}): Answer => {
  return (_, response) => response.writeHead(status, headers).end();
};

test.each([200, 201, 202, 204, 226, 299])('%i is produced', async (status) => {
  expect(await answerTo(withStatus(status))).toEqual({ kind: 'produced' });
});

test.each([400, 401, 403, 404, 405, 406, 410, 411, 413, 415, 422, 451, 499])(
  '%i is rejected, and the status is the reason',
  async (status) => {
    const reason = `The receiver answered with ${status}.`;
    expect(await answerTo(withStatus(status))).toEqual({ kind: 'rejected', reason });
  },
);

test.each([408, 409, 425, 429, 500, 501, 502, 503, 504, 511, 599])(
  '%i is retried',
  async (status) => {
    const reason = `The receiver answered with ${status}.`;
    expect(await answerTo(withStatus(status))).toEqual({ kind: 'retry', reason });
  },
);

test.each([300, 301, 302, 303, 304, 307, 308])(
  '%i is not followed, and retried',
  async (status) => {
    await using elsewhere = await startReceiver();
    expect(await answerTo(withStatus(status, { location: elsewhere.url }))).toEqual({
      kind: 'retry',
      reason: 'The receiver answered with a redirect, which is not followed.',
    });
    expect(elsewhere.all).toEqual([]);
  },
);

const HOUR_MS = 3_600_000;
const RETRY_AFTER: [header: string, afterMs: number | undefined][] = [
  ['0', 0],
  ['120', 120_000],
  [' 120 ', 120_000],
  ['9'.repeat(400), HOUR_MS / 4],
  [new Date(NOW_MS + 60_000).toUTCString(), 60_000],
  [new Date(NOW_MS - HOUR_MS).toUTCString(), 0],
  [new Date(NOW_MS + 48 * HOUR_MS).toUTCString(), HOUR_MS / 4],
  ['-1', undefined],
  ['1.5', undefined],
  ['1e3', undefined],
  ['0x10', undefined],
  ['soon', undefined],
  ['', undefined],
  ['2026-11-22T14:00:00Z', undefined],
  ['Sun, 99 Nov 2026 14:00:00 GMT', undefined],
];

test.each([408, 409, 425, 429, 500, 503])('Retry-After of %i is obeyed', async (status) => {
  expect(await answerTo(withStatus(status, { 'retry-after': '90' }))).toMatchObject({
    kind: 'retry',
    afterMs: 90_000,
  });
});

test.each(RETRY_AFTER)('Retry-After: %j asks for %j milliseconds', async (header, afterMs) => {
  const answer = await answerTo(withStatus(503, { 'retry-after': header }));
  expect(answer).toEqual({
    kind: 'retry',
    reason: 'The receiver answered with 503.',
    ...(afterMs !== undefined && { afterMs }),
  });
});

test('the JSON of a 2xx is the result, and a whole orderNumber in it is the order’s number', async () => {
  const body = { orderNumber: 4711, warehouse: 'B' };
  expect(await answerTo((_, response) => answerJson(response, 201, body))).toEqual({
    kind: 'produced',
    orderNumber: 4711,
    result: body,
  });
});

test.each(['4711', -1, 1.5, 2 ** 53, null])('%j is no order number', async (orderNumber) => {
  const answer = await answerTo((_, response) => answerJson(response, 200, { orderNumber }));
  expect(answer).toEqual({ kind: 'produced', result: { orderNumber } });
});

test.each(['', 'OK', '{', '<html>', 'null', '\u0000'])(
  'a 2xx whose body is %j is produced without a result',
  async (body) => {
    expect(await answerTo((_, response) => response.end(body))).toEqual({ kind: 'produced' });
  },
);

test.each([
  [422, 'rejected'],
  [409, 'retry'],
  [503, 'retry'],
])('a reason that a %i gives is the reason', async (status, kind) => {
  const answer = await answerTo((_, response) =>
    answerJson(response, status, { reason: 'sold out' }),
  );
  expect(answer).toEqual({ kind, reason: 'sold out' });
});

test.each([{ reason: '' }, { reason: 5 }, { reason: null }, [], 'sold out'])(
  'no reason is taken from %j',
  async (body) => {
    const answer = await answerTo((_, response) => answerJson(response, 422, body));
    expect(answer).toEqual({ kind: 'rejected', reason: 'The receiver answered with 422.' });
  },
);
