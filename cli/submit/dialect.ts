import { usageFailure } from '../failure.ts';
import { headerOf } from './columns.ts';
import { linesOf, type Quoting, quotedCells, rowsOf } from './rows.ts';
import { type Source, textOf } from './source.ts';

/** How a CSV file is written. */
export interface Dialect {
  readonly delimiter: string;
  readonly quoting: Quoting;
  readonly lineEnds: string;
  /** Whether the file ends without a line end, and so may have been cut off. */
  readonly isLastOpen: boolean;
}

export const DELIMITERS = { ',': 'comma', ';': 'semicolon', '\t': 'tab', '|': 'pipe' } as const;

/** How many empty lines may precede the header. */
const LINES_ABOVE_MAX = 100;

/** What the first lines of a file tell. */
export interface Head {
  readonly delimiter: string;
  readonly header: readonly string[];
  readonly row: number;
}

/**
 * Finds the header, which is the first non-empty row, and the delimiter: the one with which the
 * header has the required columns, or else the most columns.
 *
 * @param missing  counts the required columns that a header lacks
 */
export async function readHead(
  source: Source,
  said: string | undefined,
  missing: (header: readonly string[]) => number,
): Promise<Head> {
  const lines: string[] = [];
  for await (const bunch of linesOf(textOf(source))) {
    lines.push(...bunch.slice(0, LINES_ABOVE_MAX));
    if (lines.length >= LINES_ABOVE_MAX) break;
  }
  let delimiters = said === undefined ? Object.keys(DELIMITERS) : [said];
  const [, named] = /^"?sep=(.)"?[,;\t|]*$/i.exec(lines[0] ?? '') ?? [];
  if (named !== undefined && said === undefined) delimiters = [named];
  const above = named === undefined ? 0 : 1;
  const heads = await Promise.all(
    delimiters.map((delimiter) => headWith(lines.slice(above), above, delimiter)),
  );
  const [first, ...others] = heads.filter((head) => head !== undefined);
  if (!first) throw usageFailure(`${source.name} is empty: its first line must name the columns.`);
  return others.reduce((best, head) => {
    const [lacks, bestLacks] = [missing(head.header), missing(best.header)];
    const isBetter = lacks < bestLacks;
    const isWider = lacks === bestLacks && head.header.length > best.header.length;
    return isBetter || isWider ? head : best;
  }, first);
}

async function headWith(
  lines: string[],
  above: number,
  delimiter: string,
): Promise<Head | undefined> {
  for (const quoting of ['double', 'none'] as const) {
    try {
      for await (const { row, cells } of rowsOf(once(lines), { delimiter, quoting })) {
        const header = headerOf(cells);
        if (header.some((name) => name !== '')) return { delimiter, header, row: row + above };
      }
    } catch {
      // Malformed quotes: try the header without quoting.
    }
  }
  return undefined;
}

async function* once(lines: string[]): AsyncGenerator<string[]> {
  yield lines;
}

/**
 * Reads the whole file to find its line ends and whether quotes enclose cells or are plain text.
 *
 * A quote without a partner in its own cell means one of two things. If the line splits into as
 * many cells as the header has, the writer does not quote. If not, a quoted cell contains a
 * delimiter or a line break.
 *
 * @throws CommandFailure if a file has both and no option decides
 */
export async function surveyDialect(
  source: Source,
  { delimiter, header }: Head,
  said: Quoting | undefined,
  onBytes: (bytesDone: number) => void,
): Promise<Dialect> {
  const ends = { kinds: new Set<string>(), isLastOpen: false };
  const marks = { alone: 0, opening: 0, broken: 0, around: 0 };
  for await (const lines of linesOf(textOf(source, onBytes), ends)) {
    for (const line of lines) if (line.includes('"')) survey(line, delimiter, header.length, marks);
  }
  const lineEnds = [...ends.kinds].sort().join(' and ') || 'none';
  const quoting = said ?? quotingOf(marks, delimiter);
  if (quoting) return { delimiter, quoting, lineEnds, isLastOpen: ends.isLastOpen };
  throw usageFailure(
    `The quotes in ${source.name} can be read in two ways. Use --quoting none if they are part of the\n` +
      'text, or --quoting double if they enclose cells.',
  );
}

interface Marks {
  /** Lines as wide as the header with an unpaired quote in some cell. */
  alone: number;
  /** Lines of another width with an unpaired quote. */
  broken: number;
  /** Lines where an unpaired quote begins a cell. */
  opening: number;
  /** Lines with a properly quoted cell. */
  around: number;
}

function survey(line: string, delimiter: string, width: number, marks: Marks): void {
  const cells = line.split(delimiter).filter((cell) => cell.includes('"'));
  const lone = cells.filter((cell) => quotedCells(cell, delimiter).kind === 'malformed');
  if (lone.length < cells.length) marks.around += 1;
  if (lone.length === 0) return;
  if (line.split(delimiter).length !== width) marks.broken += 1;
  else marks.alone += 1;
  if (lone.some((cell) => cell.trimStart().startsWith('"'))) marks.opening += 1;
}

function quotingOf(
  { alone, opening, broken, around }: Marks,
  delimiter: string,
): Quoting | undefined {
  if (alone === 0) return 'double';
  // Marketplace reports are tab-separated and never quoted.
  const isUnquotedKind = delimiter === '\t' || delimiter === '|';
  if (isUnquotedKind) return broken === 0 ? 'none' : undefined;
  return opening + broken + around === 0 ? 'none' : 'double';
}
