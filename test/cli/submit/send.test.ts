import { expect, test } from 'vitest';
import { failureOf } from '../../cli/api-faults.ts';
import { submitJson, submitReport } from '../../cli/report.ts';
import type { OrdersFile, Submission } from '../../cli/submission.ts';
import { type Progress, submitFile } from '../../cli/submit.ts';
import type { BatchResult } from '../../lib/client/batch-result.ts';
import type { BatchOrder, Client } from '../../lib/client/client.ts';
import { SubmitInterrupted, Unreachable } from '../../lib/client/errors.ts';
import type { Problem } from '../../lib/client/problem.ts';

function submissionAt(row: number): Submission {
  const order = { lines: [{ sku: 'x' }, { sku: 'y' }] };
  const locate = (pointer: string) => {
    const line = Number(/^\/lines\/(\d+)/.exec(pointer)?.[1] ?? 0);
    return { row: row + line, label: pointer };
  };
  return { idempotencyKey: `key-${row}`, order, row, locate };
}

function fileOf(rows: readonly number[]): OrdersFile {
  return { submissions: rows.map(submissionAt), rejects: [] };
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

function optionsWith(concurrency: number, stop = new AbortController().signal) {
  return { concurrency, stop, onProgress: () => {} };
}

test('accepted, replayed and rejected orders are counted, with lines and exact money', async () => {
  const answers: BatchResult[] = [
    accepted(Number.MAX_SAFE_INTEGER),
    accepted(Number.MAX_SAFE_INTEGER, true),
    refused(413, 'Too big.'),
  ];
  const client = clientThat(async () => answers.shift() ?? accepted());
  const tally = await submitFile(client, fileOf([2, 5, 9]), optionsWith(1));
  expect(tally).toMatchObject({ orders: 3, accepted: 1, replayed: 1, lines: 4 });
  expect(tally.totals).toEqual(new Map([['GBP', 2n * BigInt(Number.MAX_SAFE_INTEGER)]]));
  expect(tally.rejects).toEqual([{ row: 9, key: 'key-9', reason: 'Too big' }]);
  expect(tally.end).toEqual({ kind: 'finished' });
});

test('an order has one entry among the rejected, with its faults in the order of the rows', async () => {
  const faults = [
    { pointer: '/lines/1/quantity', detail: 'must be 1 or more.' },
    { pointer: '/lines/1/sku', detail: 'must not be empty' },
    { pointer: '/customer', detail: 'is missing' },
  ];
  const client = clientThat(async () => refused(400, 'The body is wrong.', faults));
  const tally = await submitFile(client, fileOf([7]), optionsWith(1));
  expect(tally.rejects).toEqual([
    {
      row: 7,
      key: 'key-7',
      reason:
        '/customer: is missing; row 8: /lines/1/quantity: must be 1 or more; ' +
        'row 8: /lines/1/sku: must not be empty',
    },
  ]);
});

test('a key that was used for another order is a reject that says so', async () => {
  const client = clientThat(async () => refused(422, 'Reused.'));
  const tally = await submitFile(client, fileOf([2]), optionsWith(1));
  expect(tally.rejects[0]?.reason).toMatch(/used before, for a different order.*Reused$/);
});

test('rejects are in the order of the file, also those that were never sent', async () => {
  const client = clientThat(async () => refused(400, 'No.'));
  const file = { ...fileOf([9, 2]), rejects: [{ row: 5, key: '', reason: 'no key' }] };
  const tally = await submitFile(client, file, optionsWith(4));
  expect(tally.rejects.map(({ row }) => row)).toEqual([2, 5, 9]);
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
  const tally = await submitFile(client, fileOf([2, 10, 20, 30, 40]), optionsWith(1));
  expect(tally).toMatchObject({ accepted: 1, replayed: 1, lines: 4 });
  expect(tally.totals).toEqual(new Map([['GBP', 12n]]));
  expect(tally.rejects).toEqual([
    { row: 3, key: 'key-2', reason: '/lines/1/sku: one' },
    { row: 21, key: 'key-20', reason: '/lines/1/sku: two' },
    { row: 41, key: 'key-40', reason: '/lines/1/sku: three' },
  ]);
});

test('progress is told in orders, after each batch', async () => {
  const shown: Progress[] = [];
  const onProgress = (progress: Progress) => shown.push(progress);
  const file = { ...fileOf(rowsFor(150)), rejects: [{ row: 999, key: '', reason: 'no key' }] };
  const client = clientThat(async () => accepted());
  await submitFile(client, file, { ...optionsWith(1), onProgress });
  expect(shown).toEqual([
    { ordersDone: 101, rejected: 1 },
    { ordersDone: 151, rejected: 1 },
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
  const tally = await submitFile(client, fileOf(rowsFor(1050)), optionsWith(7));
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
  const tally = await submitFile(client, fileOf(rowsFor(600)), optionsWith(2, stop.signal));
  expect(tally.accepted).toBe(sent);
  expect(sent).toBeLessThan(600);
  expect(tally.end).toEqual({ kind: 'stopped' });
  expect(submitReport(tally, undefined)).toMatch(/Run the same command again to continue/);
});

test('a batch whose wait for another try was stopped is left, and the others are counted', async () => {
  const stop = new AbortController();
  const client = clientOfBatches(async (orders, signal) => {
    if (orders[0]?.idempotencyKey === 'key-2') return allAccepted(orders);
    stop.abort();
    signal?.throwIfAborted();
    return allAccepted(orders);
  });
  const tally = await submitFile(client, fileOf(rowsFor(250)), optionsWith(1, stop.signal));
  expect(tally).toMatchObject({ accepted: 100, end: { kind: 'stopped' } });
  expect(submitReport(tally, undefined)).toMatch(/left +150 orders/);
});

test('a fault of the API ends the run; what was accepted is counted and the fault is told', async () => {
  const fault = new Unreachable('Cannot reach the API', { hasAnswered: true });
  const client = clientThat(async ({ idempotencyKey }) => {
    if (idempotencyKey === 'key-250') throw fault;
    return accepted();
  });
  const tally = await submitFile(client, fileOf(rowsFor(450)), optionsWith(1));
  expect(tally).toMatchObject({
    accepted: 200,
    end: { kind: 'failed', failure: failureOf(fault) },
  });
  expect(submitReport(tally, undefined)).toMatch(/left +250 orders/);
});

test('of a batch whose second part fails, the orders of the first are counted', async () => {
  const cause = new Unreachable('Cannot reach the API', { hasAnswered: true });
  const client = clientOfBatches(async () => {
    const results = [accepted(5), refused(413, 'Too big.'), accepted(7, true)];
    throw new SubmitInterrupted(new Map(results.entries()), cause);
  });
  const tally = await submitFile(client, fileOf(rowsFor(10)), optionsWith(1));
  expect(tally).toMatchObject({ accepted: 1, replayed: 1, end: { kind: 'failed' } });
  expect(tally.totals).toEqual(new Map([['GBP', 12n]]));
  expect(tally.rejects).toEqual([{ row: 3, key: 'key-3', reason: 'Too big' }]);
  expect(submitReport(tally, undefined)).toMatch(/left +7 orders/);
});

test('a programmer’s error is not taken for a fault of the API', async () => {
  const client = clientThat(async () => {
    throw new TypeError('undefined is not a function');
  });
  await expect(submitFile(client, fileOf([2]), optionsWith(1))).rejects.toThrow(TypeError);
});

test('the report lists ten rejected orders, says where all are, and lets no escape through', async () => {
  const client = clientThat(async () => refused(400, 'No \u001b[2J\u202eway.'));
  const tally = await submitFile(client, fileOf(rowsFor(12)), optionsWith(1));
  const report = submitReport(tally, 'rejects.csv');
  expect(report.match(/key-\d+/g)).toHaveLength(10);
  expect(report).toContain('... and 2 more. All of them are in rejects.csv.');
  expect(report).toContain('No \\u001b[2J\\u202eway');
  expect(submitReport(tally, undefined)).toContain('--rejects FILE writes them all');
});

test('the report for programs holds the same, with money as exact text', async () => {
  const client = clientThat(async () => accepted(250));
  const tally = await submitFile(client, fileOf([2, 3]), optionsWith(1));
  expect(JSON.parse(submitJson(tally))).toEqual({
    end: 'finished',
    orders: 2,
    accepted: 2,
    new: 2,
    replayed: 0,
    lines: 4,
    rejects: [],
    totalAmounts: { GBP: '500' },
  });
});
