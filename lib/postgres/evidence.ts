import type { DatabaseFailure } from './failures.ts';
import { WRITTEN_COLUMNS } from './place-orders.ts';

/** Orders that are tried alone, before the others of a batch that was refused. */
const PROBES_MAX = 5;
/** The same refusal of so many orders in a row, with no success, is not the orders' fault. */
const REFUSALS_MAX = 3;

/** Judges whether an order is at fault for a refusal, or the database for all of them. */
export interface Evidence {
  /** Notes that an order was written. */
  taken(): void;
  /**
   * Notes orders that were refused, and no order was written beside them.
   *
   * @returns `certain` where no order could be taken, whatever it holds; `likely` where the same refusal
   *   has come too often; `none` where the orders are at fault
   */
  refused(failures: readonly DatabaseFailure[]): 'certain' | 'likely' | 'none';
}

/** What was refused so far is remembered by an instance: a batch may be a single order. */
export function createEvidence(): Evidence {
  let last = '';
  let inARow = 0;
  return {
    taken() {
      inARow = 0;
    },
    refused(failures) {
      for (const failure of failures) {
        const name = nameOf(failure);
        inARow = name === last ? inARow + 1 : 1;
        last = name;
      }
      if (failures.length > 0 && failures.every(isOfTheTable)) return 'certain';
      return inARow >= REFUSALS_MAX ? 'likely' : 'none';
    },
  };
}

function nameOf({ code, constraint, column }: DatabaseFailure): string {
  return [code, constraint, column].join(' ');
}

/** A column that somebody has added needs a value, and no order brings one. */
function isOfTheTable({ code, column }: DatabaseFailure): boolean {
  return code === '23502' && column !== undefined && !WRITTEN_COLUMNS.has(column);
}

/** Orders to try first: of different clients where there are any, and from all of the batch. */
export function probesIn<Order>(inTurn: readonly Order[]): readonly Order[] {
  if (inTurn.length <= PROBES_MAX) return inTurn;
  const places = [0, 1, 2, Math.floor(inTurn.length / 2), inTurn.length - 1];
  return places.flatMap((at) => inTurn[at] ?? []);
}
