import { shown } from './cells.ts';
import type { SourcedLine } from './order-lines.ts';
import type { RowFault } from './submission.ts';

/** What to do with repeated rows; `undefined` if no option says. */
export type RepeatsRule = 'drop' | 'keep' | undefined;

/**
 * Finds rows that repeat earlier rows of the same order but are apart from them, as happens when two
 * exports are joined. Equal rows next to each other are fine: something was ordered twice.
 */
export function repeatsIn(
  lines: readonly SourcedLine[],
  rule: RepeatsRule,
): { readonly lines: readonly SourcedLine[]; readonly doubts: readonly RowFault[] } {
  const blocks = blocksOf(lines);
  if (rule === 'keep' || blocks.length < 2) return { lines, doubts: [] };
  const seen = new Map<string, SourcedLine>();
  const doubts: RowFault[] = [];
  const kept: SourcedLine[] = [];
  for (const block of blocks) {
    const repeated = block.filter(({ sku }) => seen.has(sku));
    const isCopy = repeated.length === block.length && block.every((line) => isSame(line, seen));
    if (repeated.length === 0) kept.push(...block);
    else if (!(rule === 'drop' && isCopy))
      doubts.push(...repeated.map((line) => doubt(line, seen)));
    for (const line of block) if (!seen.has(line.sku)) seen.set(line.sku, line);
  }
  return { lines: kept, doubts };
}

function blocksOf(lines: readonly SourcedLine[]): SourcedLine[][] {
  const blocks: SourcedLine[][] = [];
  let last: number | undefined;
  for (const line of lines) {
    if (last === undefined || line.row.place !== last + 1) blocks.push([]);
    blocks.at(-1)?.push(line);
    last = line.row.place;
  }
  return blocks;
}

function isSame(line: SourcedLine, seen: ReadonlyMap<string, SourcedLine>): boolean {
  const other = seen.get(line.sku);
  return (
    other?.quantity === line.quantity &&
    other.unitAmount === line.unitAmount &&
    other.description === line.description
  );
}

function doubt({ sku, row }: SourcedLine, seen: ReadonlyMap<string, SourcedLine>): RowFault {
  const before = seen.get(sku)?.row.row;
  return {
    row: row.row,
    text:
      `${shown(sku)} is also in row ${before} of this order, apart from this row, as if two exports were ` +
      'joined: use --repeats drop to count copies once, or --repeats keep to count each',
  };
}
