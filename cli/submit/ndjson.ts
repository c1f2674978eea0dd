import { validateItem } from '../../lib/orders/batch.ts';
import { linesOf } from './rows.ts';
import { Sheet, type SheetOrder } from './sheet.ts';
import { type Source, textOf } from './source.ts';
import { type Judged, locatedFaults } from './submission.ts';
import type { Understood } from './understood.ts';

/** The member in which `--rejects` gives the reason; it is ignored when read back. */
export const REJECT_MEMBER = 'sluice';

/**
 * Reads NDJSON: each line is an order as the API takes it, with its `idempotencyKey`. Empty lines
 * are skipped.
 */
export async function readNdjson(
  source: Source,
  nowMs: number,
  onProgress: (done: number, total: number) => void,
): Promise<Understood> {
  const sheet = new Sheet();
  let row = 0;
  const text = textOf(source, (done) => onProgress(done, source.bytes));
  for await (const lines of linesOf(text)) {
    for (const line of lines) {
      row += 1;
      if (line.trim() !== '') sheet.add(String(row), row, [line]);
    }
  }
  return { sheet, judge: (order) => judgeLine(order, nowMs) };
}

/** Deeper nesting could be parsed but not serialized again. */
const NESTING_MAX = 100;

function judgeLine({ id, rows: [line] }: SheetOrder, nowMs: number): Judged {
  const row = line?.row ?? 0;
  const reject = (text: string, key = ''): Judged => ({
    kind: 'rejected',
    key,
    faults: [{ row, text }],
  });
  let value: unknown;
  try {
    value = JSON.parse(line?.cells[0] ?? '');
  } catch (cause) {
    return reject(`not JSON: ${(cause as SyntaxError).message}`);
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    return reject('not a JSON object: each line holds one order');
  }
  if (isDeeperThan(NESTING_MAX, value)) {
    return reject(`nested more than ${NESTING_MAX} deep: no order is`);
  }
  const { [REJECT_MEMBER]: _reason, ...members } = value as Record<string, unknown>;
  const { idempotencyKey, ...order } = members;
  if (typeof idempotencyKey !== 'string') {
    return reject('no idempotencyKey: each order needs its own, a string');
  }
  const locate = (pointer: string) => ({ row, label: pointer });
  const parsed = validateItem(members, nowMs);
  if (parsed.kind === 'invalid') {
    return {
      kind: 'rejected',
      key: idempotencyKey,
      faults: locatedFaults({ locate }, parsed.faults),
    };
  }
  return { kind: 'clear', submission: { id, idempotencyKey, order, row, locate } };
}

function isDeeperThan(depth: number, value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  return depth === 0 || Object.values(value).some((member) => isDeeperThan(depth - 1, member));
}
