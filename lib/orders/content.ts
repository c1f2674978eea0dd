import { hash } from 'node:crypto';
import type { Line, Submission } from './submission.ts';

/** A submission with what is stored of it, and what a repeat is compared with. */
export interface Content {
  readonly submission: Submission;
  /** The submission as text, the same for bodies that mean the same order. */
  readonly content: string;
  /** SHA-256 of the content, in base64url. */
  readonly fingerprint: string;
}

/**
 * Writes a submission down once, to be stored and to be compared: without the names of its members and with
 * its metadata sorted, so member order, white space, `1.0` for `1` and the offset of a time do not count.
 */
export function withContent(submission: Submission): Content {
  const { customer, currency, lines, reference, produceAtMs, metadata } = submission;
  const marks = metadata === undefined ? [] : Object.entries(metadata);
  if (marks.length > 1) marks.sort(([a], [b]) => (a < b ? -1 : 1));
  const content = JSON.stringify([
    customer,
    currency,
    lines.map((line) => [line.sku, line.quantity, line.unitAmount, line.description ?? null]),
    reference ?? null,
    produceAtMs ?? null,
    marks,
  ] satisfies Written);
  return { submission, content, fingerprint: hash('sha256', content, 'base64url') };
}

type Written = [
  customer: string,
  currency: string,
  lines: [sku: string, quantity: number, unitAmount: number, description: string | null][],
  reference: string | null,
  produceAtMs: number | null,
  metadata: [key: string, value: string][],
];

/**
 * Reads what `withContent` has written.
 *
 * @param content  what `JSON.parse` gave
 * @returns `undefined` where it is something else
 */
export function submissionFrom(content: unknown): Submission | undefined {
  if (!isWritten(content)) return undefined;
  const [customer, currency, written, reference, produceAtMs, marks] = content;
  let totalAmount = 0;
  const lines = written.map(([sku, quantity, unitAmount, description]): Line => {
    totalAmount += quantity * unitAmount;
    return { sku, quantity, unitAmount, ...(description !== null && { description }) };
  });
  return {
    ...{ customer, currency, lines, totalAmount },
    ...(reference !== null && { reference }),
    ...(produceAtMs !== null && { produceAtMs }),
    ...(marks.length > 0 && { metadata: Object.fromEntries(marks) }),
  };
}

function isWritten(content: unknown): content is Written {
  if (!Array.isArray(content)) return false;
  const [, , lines, , , marks] = content;
  return [lines, marks].every((list) => Array.isArray(list) && list.every(Array.isArray));
}
