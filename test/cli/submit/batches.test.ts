import { expect, test } from 'vitest';
import { batchesOf } from '../../../cli/submit/batches.ts';
import type { SheetOrder } from '../../../cli/submit/submission.ts';

const MIB = 1024 * 1024;

/** An order whose JSON, with its key, has this many bytes. */
function submissionOf(row: number, bytes = 100): SheetOrder {
  const idempotencyKey = `key-${String(row).padStart(4, '0')}`;
  const around = JSON.stringify({ customer: '', idempotencyKey }).length;
  const order = { customer: 'x'.repeat(bytes - around) };
  return { id: row, idempotencyKey, order, row, locate: (label) => ({ row, label }) };
}

function rowsOf(submissions: readonly SheetOrder[]): number[][] {
  return [...batchesOf(submissions)].map((batch) => batch.map(({ row }) => row));
}

test('batches have 100 orders, the last one what is left, and all are in their order', () => {
  const submissions = Array.from({ length: 250 }, (_, row) => submissionOf(row));
  const rows = rowsOf(submissions);
  expect(rows.map(({ length }) => length)).toEqual([100, 100, 50]);
  expect(rows.flat()).toEqual(submissions.map(({ row }) => row));
  expect(rowsOf(submissions.slice(0, 100)).map(({ length }) => length)).toEqual([100]);
  expect(rowsOf([])).toEqual([]);
});

test('a batch ends before it has more than a mebibyte', () => {
  const half = MIB / 2;
  const submissions = [half, half, half, half + 1, 100].map((bytes, row) =>
    submissionOf(row, bytes),
  );
  expect(rowsOf(submissions)).toEqual([[0, 1], [2], [3, 4]]);
});

test('bytes are counted, not characters', () => {
  const order = { customer: '€'.repeat(MIB / 6) };
  const submissions = [0, 1, 2].map((row) => ({ ...submissionOf(row), order }));
  expect(rowsOf(submissions)).toEqual([[0], [1], [2]]);
});

test('an order larger than a batch is alone, wherever it stands', () => {
  const submissions = [2 * MIB, 100, 2 * MIB, 2 * MIB, 100].map((bytes, row) =>
    submissionOf(row, bytes),
  );
  expect(rowsOf(submissions)).toEqual([[0], [1], [2], [3], [4]]);
});
