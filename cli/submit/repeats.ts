import { shown } from './cells.ts';
import type { SourcedLine } from './order-lines.ts';
import type { Fault } from './submission.ts';

/** What to do with rows of an order that repeat rows of it that stand apart: nobody said, or. */
export type RepeatsRule = 'drop' | 'keep' | undefined;

/**
 * Looks for rows of an order that stand apart from others of it and repeat them, as in a file that
 * joins two exports. Rows that stand together may be equal: somebody ordered a thing twice.
 */
export function repeatsIn(
  lines: readonly SourcedLine[],
  rule: RepeatsRule,
): { readonly lines: readonly SourcedLine[]; readonly doubts: readonly Fault[] } {
  const blocks = blocksOf(lines);
  if (rule === 'keep' || blocks.length < 2) return { lines, doubts: [] };
  const seen = new Map<string, SourcedLine>();
  const doubts: Fault[] = [];
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

function doubt({ sku, row }: SourcedLine, seen: ReadonlyMap<string, SourcedLine>): Fault {
  const before = seen.get(sku)?.row.row;
  return {
    row: row.row,
    text:
      `${shown(sku)} is in row ${before} of this order too, apart from here, as in a file that joins ` +
      'two exports: say --repeats drop to count such a copy once, or keep to count each',
  };
}
