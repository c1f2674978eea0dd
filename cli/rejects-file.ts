import { type FileHandle, open, stat } from 'node:fs/promises';
import { Failure, usageFailure } from './failure.ts';
import { STDIN } from './input.ts';
import type { Reject } from './submission.ts';

/**
 * Opens the file for the rejected orders before the first order is sent, so that a path that
 * can't be written is found out then and not at the end.
 *
 * @throws Failure if it can't be written, or is the file of orders itself
 */
export async function openRejectsFile(file: string, ordersFile: string): Promise<FileHandle> {
  if (await isSameFile(file, ordersFile)) {
    throw usageFailure(`--rejects names the file of orders itself, ${file}: name another one.`);
  }
  try {
    return await open(file, 'w');
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new Failure(`Cannot write the rejected orders to ${file}: ${reason}`, { cause });
  }
}

/** The rejected orders as CSV (RFC 4180) with the columns row, key and reason. */
export function rejectsCsv(rejects: readonly Reject[]): string {
  const rows = rejects.map(({ row, key, reason }) => [String(row), key, reason]);
  return [['row', 'key', 'reason'], ...rows]
    .map((cells) => `${cells.map(quotedCell).join(',')}\n`)
    .join('');
}

function quotedCell(cell: string): string {
  return /[",\r\n]|^\s|\s$/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell;
}

async function isSameFile(one: string, other: string): Promise<boolean> {
  if (other === STDIN) return false;
  const [first, second] = await Promise.all([one, other].map((file) => stat(file).catch(() => {})));
  return Boolean(first && second && first.dev === second.dev && first.ino === second.ino);
}
