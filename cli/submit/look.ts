import { ROWS_MAX } from './orders.ts';
import type { Which } from './sheet.ts';
import { reasonOf, type SheetOrder } from './submission.ts';
import type { Understood } from './understood.ts';

/** How many orders the look shows in full. */
const ORDERS_SHOWN = 3;

/** What a file contains, before anything is sent. */
export interface Look {
  /** All orders in the file. */
  readonly orders: number;
  /** Orders that will be sent; the lines and totals are theirs. */
  clear: number;
  lines: number;
  /** In minor units, by currency. */
  readonly totals: Map<string, bigint>;
  doubtful: number;
  rejected: number;
  readonly first: SheetOrder[];
}

/** Builds and counts the orders of a file, and marks in the sheet those that must not be sent. */
export function lookAt(
  { sheet, judge }: Understood,
  onProgress: (done: number, total: number) => void,
): Look {
  const look: Look = {
    orders: sheet.orders,
    clear: 0,
    lines: 0,
    totals: new Map(),
    doubtful: 0,
    rejected: 0,
    first: [],
  };
  let done = 0;
  for (const order of sheet.each({ rowsMax: ROWS_MAX + 1, which: 'all' })) {
    const judged = judge(order);
    if (judged.kind === 'clear') count(look, judged.submission);
    else {
      const { kind: fate, key, faults } = judged;
      sheet.keep({ id: order.id, key, fate, ...reasonOf(faults) });
      look[judged.kind] += 1;
    }
    done += 1;
    onProgress(done, look.orders);
  }
  return look;
}

function count(look: Look, submission: SheetOrder): void {
  const { currency, lines } = submission.order as {
    currency: string;
    lines: { quantity: number; unitAmount: number }[];
  };
  look.clear += 1;
  look.lines += lines.length;
  const total = lines.reduce((sum, line) => sum + line.quantity * line.unitAmount, 0);
  look.totals.set(currency, (look.totals.get(currency) ?? 0n) + BigInt(total));
  if (look.first.length < ORDERS_SHOWN) look.first.push(submission);
}

/** Rebuilds orders one by one, so that they are never all in memory. */
export function* submissionsOf(
  { sheet, judge }: Understood,
  which: Exclude<Which, 'all'>,
): Generator<SheetOrder, void> {
  for (const order of sheet.each({ rowsMax: ROWS_MAX + 1, which })) {
    const judged = judge(order);
    if (judged.kind === 'clear') yield judged.submission;
  }
}
