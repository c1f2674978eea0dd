/** What can be wrong. */
export type FindingKind =
  /** An order in no place: nothing would ever produce, list or forget it. Repaired. */
  | 'stranded'
  /** An order in a place that its state does not name. Repaired. */
  | 'misplaced'
  /** A lease whose order has been settled. Repaired. */
  | 'leased'
  /** A client at whom no drain would look in time. Repaired. */
  | 'unserved'
  /** An ended segment that the catalogue does not have: it would not be listed or forgotten. Repaired. */
  | 'uncatalogued'
  /** A counter behind what orders have: it would issue a number twice. Repaired. */
  | 'counter'
  /** Totals that differ from the number of ended orders. Repaired. */
  | 'totals'
  /** Stock that differs from what orders reserved and took, or a SKU missing from the list. Repaired. */
  | 'stock'
  /** An order whose record is gone, or which has ended and whose state is gone. */
  | 'lost'
  /** An order whose record cannot be read. */
  | 'broken';

export type Findings = Partial<Record<FindingKind, number>>;

export interface Finding {
  readonly kind: FindingKind;
  /** Of the order; the name of a client, a segment or a counter; a SKU. */
  readonly id: string;
}

const LISTED_MAX = 100;

/** Takes down what a pass finds, each finding once. */
export class Notes {
  readonly found: Findings = {};
  readonly repaired: Findings = {};
  /** The first findings, at most `LISTED_MAX`. */
  readonly listed: Finding[] = [];
  readonly #told = new Set<string>();

  /** @returns whether it is new */
  tell(kind: FindingKind, id: string): boolean {
    const name = `${kind} ${id}`;
    if (this.#told.has(name)) return false;
    this.#told.add(name);
    this.found[kind] = (this.found[kind] ?? 0) + 1;
    if (this.listed.length < LISTED_MAX) this.listed.push({ kind, id });
    return true;
  }

  /** Tells what is wrong, and that it has been repaired if it has. */
  tellRepair(kind: FindingKind, id: string, isRepaired: boolean): void {
    if (this.tell(kind, id) && isRepaired) this.repaired[kind] = (this.repaired[kind] ?? 0) + 1;
  }
}

export function totalOf(findings: Findings): number {
  return Object.values(findings).reduce((sum, count) => sum + count, 0);
}
