/** What the rows of a file become before anything is sent. */

/** An order to submit, and how to find in the file what a fault of the server is about. */
export interface SheetOrder {
  /** Its id in the sheet. */
  readonly id: number;
  readonly idempotencyKey: string;
  /** The order as the API takes it, without its key. */
  readonly order: Readonly<Record<string, unknown>>;
  /** The line number in the file on which the order begins. */
  readonly row: number;
  /** Finds the row and column that a JSON Pointer into the order is about. */
  readonly locate: (pointer: string) => FilePosition;
}

export interface FilePosition {
  readonly row: number;
  /** The column's name and the cell, or the pointer itself. */
  readonly label: string;
}

export interface RowFault {
  readonly row: number;
  readonly text: string;
}

/** What the rows of one order amount to. */
export type Judged =
  | { readonly kind: 'clear'; readonly submission: SheetOrder }
  /** It can be read in more than one way, or may be incomplete. */
  | { readonly kind: 'doubtful'; readonly key: string; readonly faults: readonly RowFault[] }
  /** It cannot be converted, or the API would refuse it. */
  | { readonly kind: 'rejected'; readonly key: string; readonly faults: readonly RowFault[] };

/** How many faults of one order are reported. */
const FAULTS_TOLD_MAX = 20;

/** Joins the faults of one order; those in other rows than the first name their row. */
export function reasonOf(faults: readonly RowFault[]): {
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

/** Translates the API's faults into rows and columns of the file, in row order. */
export function locatedFaults(
  { locate }: Pick<SheetOrder, 'locate'>,
  faults: readonly { readonly pointer: string; readonly detail: string }[],
): RowFault[] {
  return faults
    .map(({ pointer, detail }) => {
      const { row, label } = locate(pointer);
      return { row, text: `${label}: ${detail}` };
    })
    .sort((one, other) => one.row - other.row);
}
