import { expect, test } from 'vitest';
import { failureOf } from '../../../cli/api-faults.ts';
import type { Look } from '../../../cli/submit/look.ts';
import { submitReport } from '../../../cli/submit/report.ts';
import { type Progress, sendOrders, type Tally } from '../../../cli/submit/send.ts';
import type { Kept } from '../../../cli/submit/sheet.ts';
import type { SheetOrder } from '../../../cli/submit/submission.ts';
import type { BatchResult } from '../../../lib/client/batch-result.ts';
import type { BatchOrder, Client } from '../../../lib/client/client.ts';
import { SubmitInterrupted, Unreachable } from '../../../lib/client/errors.ts';
import type { Problem } from '../../../lib/client/problem.ts';

function submissionAt(row: number): SheetOrder {
  const order = { lines: [{ sku: 'x' }, { sku: 'y' }] };
  const locate = (pointer: string) => {
    const line = Number(/^\/lines\/(\d+)/.exec(pointer)?.[1] ?? 0);
    return { row: row + line, label: pointer };
  };
  return { id: row, idempotencyKey: `key-${row}`, order, row, locate };
}

/** Sends orders of these rows, with what else a test is about. */
async function send(
  client: Pick<Client, 'submitBatch'>,
  rows: readonly number[],
  more: {
    concurrency?: number;
    stop?: AbortSignal;
    onProgress?: (progress: Progress) => void;
  } = {},
): Promise<Tally & { kept: Kept[] }> {
  const kept: Kept[] = [];
  const tally = await sendOrders(client, rows.map(submissionAt), {
    orders: rows.length,
    concurrency: 1,
    stop: new AbortController().signal,
    onProgress: () => {},
    onReject: (order) => kept.push(order),
    ...more,
  });
  return { ...tally, kept };
}

function report(tally: Tally): string {
  return submitReport({ doubtful: 0, rejected: 0 } as Look, tally);
}

function accepted(totalAmount = 100, isReplay = false): BatchResult {
  const acceptedAt = '2026-11-22T13:37:00.000Z';
  const order = { id: 'ord_1', status: 'queued', customer: 'a', currency: 'GBP' } as const;
  return { kind: 'accepted', receipt: { ...order, totalAmount, acceptedAt }, isReplay };
}

function refused(status: number, detail: string, errors: Problem['errors'] = []): BatchResult {
  return { kind: 'refused', problem: { status, type: 'about:blank', detail, errors } };
}

/** Only `submitBatch` is called by what is tested here; it answers for each order by itself. */
function clientThat(submitOne: (order: BatchOrder) => Promise<BatchResult>) {
  return clientOfBatches((orders) => Promise.all(orders.map(submitOne)));
}

function clientOfBatches(
  submitAll: (orders: readonly BatchOrder[], stop?: AbortSignal) => Promise<BatchResult[]>,
): Pick<Client, 'submitBatch'> {
  return { submitBatch: (orders, options) => submitAll(orders, options?.stop) };
}

function allAccepted(orders: readonly unknown[]): BatchResult[] {
  return orders.map(() => accepted());
}

/** The rows of so many orders, the first of them under a header. */
function rowsFor(orders: number): number[] {
  return Array.from({ length: orders }, (_, at) => at + 2);
}

test('accepted, replayed and rejected orders are counted, with lines and exact money', async () => {
  const answers: BatchResult[] = [
    accepted(Number.MAX_SAFE_INTEGER),
    accepted(Number.MAX_SAFE_INTEGER, true),
    refused(413, 'Too big.'),
  ];
  const client = clientThat(async () => answers.shift() ?? accepted());
  const tally = await send(client, [2, 5, 9]);
  expect(tally).toMatchObject({ orders: 3, accepted: 1, replayed: 1, lines: 4 });
  expect(tally.totals).toEqual(new Map([['GBP', 2n * BigInt(Number.MAX_SAFE_INTEGER)]]));
  expect(tally.kept).toEqual([
    { id: 9, row: 9, key: 'key-9', fate: 'rejected', reason: 'Too big' },
  ]);
  expect(tally.end).toEqual({ kind: 'finished' });
});

test('an order has one entry among the rejected, with its faults in the order of the rows', async () => {
  const faults = [
    { pointer: '/lines/1/quantity', detail: 'must be 1 or more.' },
    { pointer: '/lines/1/sku', detail: 'must not be empty' },
    { pointer: '/customer', detail: 'is missing' },
  ];
  const client = clientThat(async () => refused(400, 'The body is wrong.', faults));
  const tally = await send(client, [7]);
  expect(tally.kept).toEqual([
    {
      id: 7,
      row: 7,
      key: 'key-7',
      fate: 'rejected',
      reason:
        '/customer: is missing; row 8: /lines/1/quantity: must be 1 or more; ' +
        'row 8: /lines/1/sku: must not be empty',
    },
  ]);
});

test.each([
  ['idempotency-key-reused', /accepted under this key before, and stands; --replace/],
  ['order-replaced', /was replaced since, and its new content stands; --replace/],
])('an order that was accepted with other content is told apart (%s)', async (type, reason) => {
  const problem = { status: 422, type: `/problems/${type}`, detail: 'Reused.', errors: [] };
  const tally = await send(
    clientThat(async () => ({ kind: 'refused', problem })),
    [2],
  );
  expect(tally).toMatchObject({ different: 1, rejected: 0, end: { kind: 'finished' } });
  expect(tally.kept).toMatchObject([{ fate: 'different', reason: expect.stringMatching(reason) }]);
});

test('of one batch the results go to the rows that they are of', async () => {
  const wrongSku = (detail: string) => refused(400, 'No.', [{ pointer: '/lines/1/sku', detail }]);
  const answers = [
    wrongSku('one'),
    accepted(5),
    wrongSku('two'),
    accepted(7, true),
    wrongSku('three'),
  ];
  const client = clientOfBatches(async () => answers);
  const tally = await send(client, [2, 10, 20, 30, 40]);
  expect(tally).toMatchObject({ accepted: 1, replayed: 1, lines: 4 });
  expect(tally.totals).toEqual(new Map([['GBP', 12n]]));
  expect(tally.kept).toEqual([
    { id: 2, row: 3, key: 'key-2', fate: 'rejected', reason: '/lines/1/sku: one' },
    { id: 20, row: 21, key: 'key-20', fate: 'rejected', reason: '/lines/1/sku: two' },
    { id: 40, row: 41, key: 'key-40', fate: 'rejected', reason: '/lines/1/sku: three' },
  ]);
});

test('progress is told in orders, after each batch', async () => {
  const shown: Progress[] = [];
  const onProgress = (progress: Progress) => shown.push(progress);
  await send(
    clientThat(async () => accepted()),
    rowsFor(150),
    { onProgress },
  );
  expect(shown).toEqual([
    { ordersDone: 100, rejected: 0 },
    { ordersDone: 150, rejected: 0 },
  ]);
});

test('as many batches as asked for are under way at once, and no more', async () => {
  let underWay = 0;
  let underWayMax = 0;
  const client = clientOfBatches(async (orders) => {
    underWay += 1;
    underWayMax = Math.max(underWayMax, underWay);
    await Promise.resolve();
    underWay -= 1;
    return allAccepted(orders);
  });
  const tally = await send(client, rowsFor(1050), { concurrency: 7 });
  expect(underWayMax).toBe(7);
  expect(tally.accepted).toBe(1050);
});

test('after a stop nothing new is sent, and what is under way is counted', async () => {
  const stop = new AbortController();
  let sent = 0;
  const client = clientOfBatches(async (orders) => {
    sent += orders.length;
    if (sent === 300) stop.abort();
    return allAccepted(orders);
  });
  const tally = await send(client, rowsFor(600), { concurrency: 2, stop: stop.signal });
  expect(tally.accepted).toBe(sent);
  expect(sent).toBeLessThan(600);
  expect(tally.end).toEqual({ kind: 'stopped' });
  expect(report(tally)).toMatch(/Run the same command again to continue/);
});

test('a batch whose wait for another try was stopped is left, and the others are counted', async () => {
  const stop = new AbortController();
  const client = clientOfBatches(async (orders, signal) => {
    if (orders[0]?.idempotencyKey === 'key-2') return allAccepted(orders);
    stop.abort();
    signal?.throwIfAborted();
    return allAccepted(orders);
  });
  const tally = await send(client, rowsFor(250), { stop: stop.signal });
  expect(tally).toMatchObject({ accepted: 100, end: { kind: 'stopped' } });
  expect(report(tally)).toMatch(/left +150 orders/);
});

test('a fault of the API ends the run; what was accepted is counted and the fault is told', async () => {
  const fault = new Unreachable('Cannot reach the API', { hasAnswered: true });
  const client = clientThat(async ({ idempotencyKey }) => {
    if (idempotencyKey === 'key-250') throw fault;
    return accepted();
  });
  const tally = await send(client, rowsFor(450));
  expect(tally).toMatchObject({
    accepted: 200,
    end: { kind: 'failed', failure: failureOf(fault) },
  });
  expect(report(tally)).toMatch(/left +250 orders/);
});

test('of a batch whose second part fails, the orders of the first are counted', async () => {
  const cause = new Unreachable('Cannot reach the API', { hasAnswered: true });
  const client = clientOfBatches(async () => {
    const results = [accepted(5), refused(413, 'Too big.'), accepted(7, true)];
    throw new SubmitInterrupted(new Map(results.entries()), cause);
  });
  const tally = await send(client, rowsFor(10));
  expect(tally).toMatchObject({ accepted: 1, replayed: 1, end: { kind: 'failed' } });
  expect(tally.totals).toEqual(new Map([['GBP', 12n]]));
  expect(tally.kept).toEqual([
    { id: 3, row: 3, key: 'key-3', fate: 'rejected', reason: 'Too big' },
  ]);
  expect(report(tally)).toMatch(/left +7 orders/);
});

test('a programmer’s error is not taken for a fault of the API', async () => {
  const client = clientThat(async () => {
    throw new TypeError('undefined is not a function');
  });
  await expect(send(client, [2])).rejects.toThrow(TypeError);
});
