/** What a file of orders is turned into before anything is sent. */

/** One order to submit, and the way back from the server's faults to the file. */
export interface Submission {
  /** Of the sheet that holds its rows. */
  readonly id: number;
  readonly idempotencyKey: string;
  /** An order of the API, without its key. */
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

export interface Fault {
  readonly row: number;
  readonly text: string;
}

/** What became of the rows of one order. */
export type Judged =
  | { readonly kind: 'clear'; readonly submission: Submission }
  /** It may be read in more than one way, or is not whole. */
  | { readonly kind: 'doubtful'; readonly key: string; readonly faults: readonly Fault[] }
  /** It is no order that the API would take. */
  | { readonly kind: 'rejected'; readonly key: string; readonly faults: readonly Fault[] };

/** An order can have many faults; more than these help nobody. */
const FAULTS_TOLD_MAX = 20;

/** All faults of one order as one text, at the row of the first; those of other rows say theirs. */
export function reasonOf(faults: readonly Fault[]): {
  readonly row: number;
  readonly reason: string;
} {
  const row = faults[0]?.row ?? 0;
  const texts = faults
    .slice(0, FAULTS_TOLD_MAX)
    .map((fault) => (fault.row === row ? fault.text : `row ${fault.row}: ${fault.text}`))
    .map((text) => text.replace(/\.$/, ''));
  const hidden = faults.length - texts.length;
  return {
    row,
    reason: [...texts, ...(hidden > 0 ? [`and ${hidden} more faults`] : [])].join('; '),
  };
}

/** Faults as the API names them, in the file's terms and in the order of its rows. */
export function locatedFaults(
  { locate }: Pick<Submission, 'locate'>,
  faults: readonly { readonly pointer: string; readonly detail: string }[],
): Fault[] {
  return faults
    .map(({ pointer, detail }) => {
      const { row, label } = locate(pointer);
      return { row, text: `${label}: ${detail}` };
    })
    .sort((one, other) => one.row - other.row);
}
