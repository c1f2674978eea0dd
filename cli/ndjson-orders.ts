import { type OrdersFile, type Reject, rejectOf, type Submission } from './submission.ts';

/**
 * Reads NDJSON: on each line one submission, an order of the API with its `idempotencyKey`.
 * Empty lines are skipped. What the order holds is left to the server to judge.
 */
export async function readNdjsonOrders(text: AsyncIterable<string>): Promise<OrdersFile> {
  const submissions: Submission[] = [];
  const rejects: Reject[] = [];
  let row = 0;
  for await (const line of linesOf(text)) {
    row += 1;
    if (line.trim() === '') continue;
    const read = readSubmission(line, row);
    if (read.kind === 'submission') submissions.push(read.submission);
    else rejects.push(rejectOf('', [{ row, text: read.fault }]));
  }
  return { submissions, rejects };
}

type ReadLine =
  | { kind: 'submission'; submission: Submission }
  | { kind: 'unreadable'; fault: string };

function readSubmission(line: string, row: number): ReadLine {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch (cause) {
    return { kind: 'unreadable', fault: `no JSON: ${(cause as SyntaxError).message}` };
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    return { kind: 'unreadable', fault: 'no JSON object: each line holds one order' };
  }
  if (isDeeperThan(NESTING_MAX, value)) {
    return { kind: 'unreadable', fault: `nested more than ${NESTING_MAX} deep: no order is` };
  }
  const { idempotencyKey, ...order }: { idempotencyKey?: unknown } = value;
  if (typeof idempotencyKey !== 'string') {
    return { kind: 'unreadable', fault: 'no idempotencyKey: each order needs its own, a string' };
  }
  const locate = (pointer: string) => ({ row, label: pointer });
  return { kind: 'submission', submission: { idempotencyKey, order, row, locate } };
}

/** What is nested by the thousand could be read, but not written again to be sent. */
const NESTING_MAX = 100;

function isDeeperThan(depth: number, value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  return depth === 0 || Object.values(value).some((member) => isDeeperThan(depth - 1, member));
}

/** Lines that end in LF or CRLF. `readline` would also break at U+2028, which JSON may hold. */
async function* linesOf(text: AsyncIterable<string>): AsyncGenerator<string> {
  let rest = '';
  for await (const piece of text) {
    const lines = (rest + piece).split('\n');
    rest = lines.pop() ?? '';
    yield* lines;
  }
  if (rest !== '') yield rest;
}
