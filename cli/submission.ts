/** What a file of orders is turned into before anything is sent. */

/** One order to submit, and the way back from the server's faults to the file. */
export interface Submission {
  readonly idempotencyKey: string;
  /** An order of the API, without its key. The server is the judge of both. */
  readonly order: Readonly<Record<string, unknown>>;
  /** The line of the file, from 1, on which the order begins. */
  readonly row: number;
  /** What of the file a JSON Pointer into `order`, or to `/idempotencyKey`, is about. */
  readonly locate: (pointer: string) => Place;
}

export interface Place {
  readonly row: number;
  /** In the file's own terms: a column's name and perhaps the cell, or the pointer itself. */
  readonly label: string;
}

/** One order that was not accepted. */
export interface Reject {
  readonly row: number;
  /** The idempotency key, empty if there is none. */
  readonly key: string;
  readonly reason: string;
}

export interface OrdersFile {
  readonly submissions: readonly Submission[];
  /** The orders that can't even be turned into a submission. */
  readonly rejects: readonly Reject[];
}

export interface Fault {
  readonly row: number;
  readonly text: string;
}

/** All faults of one order as one entry, at the row of the first; those of other rows say theirs. */
export function rejectOf(key: string, faults: readonly [Fault, ...Fault[]]): Reject {
  const [{ row }] = faults;
  const reason = faults
    .map((fault) => (fault.row === row ? fault.text : `row ${fault.row}: ${fault.text}`))
    .map((text) => text.replace(/\.$/, ''))
    .join('; ');
  return { row, key, reason };
}
