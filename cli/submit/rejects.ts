import { type FileHandle, open, stat } from 'node:fs/promises';
import { CommandFailure, usageFailure } from '../failure.ts';
import { printable } from '../text.ts';
import { REJECT_COLUMNS } from './columns.ts';
import type { CsvDescription } from './csv.ts';
import { escaped, guarded } from './guarded-cells.ts';
import { REJECT_MEMBER } from './ndjson.ts';
import type { Kept, Sheet, SheetRow } from './sheet.ts';
import { STDIN } from './source.ts';
import type { Understood } from './understood.ts';

/** How much text is buffered before it is written. */
const PIECE_CHARACTERS = 64 * 1024;

/**
 * Opens the rejects file before the orders are read, so that an unwritable path is reported at once
 * and not at the end.
 *
 * @throws CommandFailure if it can't be written, or is the file of orders itself
 */
export async function openRejectsFile(file: string, ordersFile: string): Promise<FileHandle> {
  if (await isSameFile(file, ordersFile)) {
    throw usageFailure(`--rejects names the file of orders itself, ${file}: choose another file.`);
  }
  try {
    const handle = await open(file, 'w', 0o600);
    // Also where it was there before: it holds orders.
    await handle.chmod(0o600);
    return handle;
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new CommandFailure(`Cannot write the rejected orders to ${file}: ${reason}`, { cause });
  }
}

/**
 * Writes all rows of the rejected and doubtful orders in the form of the original file, so that they
 * can be fixed and submitted.
 */
export async function writeRejects(handle: FileHandle, understood: Understood): Promise<void> {
  let piece = '';
  for (const part of rejectsText(understood)) {
    piece += part;
    if (piece.length < PIECE_CHARACTERS) continue;
    await handle.write(piece);
    piece = '';
  }
  await handle.write(piece);
}

function* rejectsText(understood: Understood): Generator<string, void> {
  const { csv, sheet } = understood;
  if (csv) {
    yield* rejectedRows(sheet, csv);
    return;
  }
  for (const kept of sheet.kept()) {
    for (const row of sheet.rowsOf(kept.id)) yield `${withReason(row, kept)}\n`;
  }
}

/**
 * Rows that are doubtful because of their position must stay doubtful when they are submitted
 * unchanged. So the header is repeated between rows of an order that were apart, and above rows
 * without an order number that had no order above.
 */
function* rejectedRows(sheet: Sheet, { dialect, layout }: CsvDescription): Generator<string, void> {
  const { delimiter } = dialect;
  const ours = new Set(layout.ours);
  const own = (cells: readonly string[]) => cells.filter((_, at) => !ours.has(at));
  // As it is: options name its columns.
  const columns = [...own(layout.header), ...REJECT_COLUMNS];
  const header = `${columns.map((one) => quoted(one, delimiter)).join(delimiter)}\n`;
  yield header;
  let isFirst = true;
  for (const kept of sheet.kept()) {
    let last: number | undefined;
    for (const { row, place, cells, doubt } of sheet.rowsOf(kept.id)) {
      const isApart = last === undefined ? kept.number === null : place !== last + 1;
      if (isApart && !isFirst) yield header;
      // Written so that they are kept back again unless somebody fixes them.
      if (doubt?.kind === 'cut') yield written(own(cells), delimiter);
      else if (doubt?.kind === 'swallowed') {
        const plain = kept.reason.replaceAll('"', "'").replaceAll(delimiter, ' ');
        yield `${[...cells, String(row), plain].map(guarded).join(delimiter)}\n`;
      } else yield written([...own(cells), String(row), kept.reason], delimiter);
      last = place;
      isFirst = false;
    }
  }
}

function written(cells: readonly string[], delimiter: string): string {
  return `${cells.map((one) => quoted(guarded(one), delimiter)).join(delimiter)}\n`;
}

function quoted(cell: string, delimiter: string): string {
  const isPlain = !/["\r\n]|^\s|\s$/.test(cell) && !cell.includes(delimiter);
  return isPlain ? cell : `"${cell.replaceAll('"', '""')}"`;
}

/** Adds the reason as a member that is ignored when read back; invalid JSON stays invalid. */
function withReason({ row, cells: [line = ''] }: SheetRow, { reason }: Kept): string {
  try {
    const value: unknown = JSON.parse(line);
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return escaped(line);
    return printable(JSON.stringify({ ...value, [REJECT_MEMBER]: { row, reason } }));
  } catch {
    return escaped(line);
  }
}

async function isSameFile(one: string, other: string): Promise<boolean> {
  if (other === STDIN) return false;
  const [first, second] = await Promise.all([one, other].map((file) => stat(file).catch(() => {})));
  return Boolean(first && second && first.dev === second.dev && first.ino === second.ino);
}
