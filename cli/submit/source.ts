import { randomUUID } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { type FileHandle, open, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { TextDecoder } from 'node:util';
import { CommandFailure, usageFailure } from '../failure.ts';
import { grouped } from '../money.ts';
import { kindOf } from './file-kinds.ts';

/** The name that stands for standard input. */
export const STDIN = '-';

/** How much of the beginning is examined to tell what a file is. */
const HEAD_BYTES = 4096;
const PIECE_BYTES = 256 * 1024;

/** A file that can be read more than once. */
export interface Source {
  /** For messages. */
  readonly name: string;
  readonly handle: FileHandle;
  readonly bytes: number;
  /** A label that TextDecoder knows. */
  readonly encoding: string;
  readonly hasByteOrderMark: boolean;
}

/**
 * Opens a file of orders. Standard input (`-`) and pipes are first copied to a temporary file.
 *
 * @param given  the file as the operator named it, for messages
 * @param said   the encoding given by an option; a byte order mark takes precedence
 * @throws CommandFailure if it can't be read or is not text, such as a spreadsheet or an archive
 */
export async function openSource(
  file: string,
  given: string,
  said: string | undefined,
): Promise<Source> {
  const name = file === STDIN ? 'standard input' : given;
  let handle: FileHandle | undefined;
  try {
    handle = file === STDIN ? await putBy(process.stdin) : await openFile(file);
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(HEAD_BYTES), 0, HEAD_BYTES, 0);
    const head = buffer.subarray(0, bytesRead);
    const kind = kindOf(head);
    if (kind) throw usageFailure(`${name} is ${kind}`);
    const { size: bytes } = await handle.stat();
    return { name, handle, bytes, ...encodingOf(name, head, said) };
  } catch (cause) {
    await handle?.close();
    throw readFailure(name, cause);
  }
}

async function openFile(file: string): Promise<FileHandle> {
  const handle = await open(file);
  const stats = await handle.stat();
  if (stats.isFile() || stats.isDirectory()) return handle;
  await handle.close();
  return putBy(createReadStream(file));
}

/** Copies a stream to a temporary file, unlinked at once so that nothing is left behind. */
async function putBy(stream: AsyncIterable<Buffer>): Promise<FileHandle> {
  const path = join(tmpdir(), `sluice-${randomUUID()}`);
  const handle = await open(path, 'wx+', 0o600);
  await rm(path, { force: true });
  for await (const bytes of stream) await handle.writeFile(bytes);
  return handle;
}

function encodingOf(name: string, head: Buffer, said: string | undefined) {
  const marks = { 'utf-8': 'efbbbf', 'utf-16le': 'fffe', 'utf-16be': 'feff' };
  const hex = head.subarray(0, 3).toString('hex');
  const [marked] = Object.entries(marks).find(([, mark]) => hex.startsWith(mark)) ?? [];
  if (marked) return { encoding: marked, hasByteOrderMark: true };
  const encoding = said ?? utf16Of(head) ?? 'utf-8';
  if (!encoding.startsWith('utf-') && isUtf8(head)) {
    throw usageFailure(
      `${name} is UTF-8, and not ${encoding.toUpperCase()}: leave --encoding out.`,
    );
  }
  if (!encoding.startsWith('utf-16') && head.includes(0)) {
    throw new CommandFailure(`${name} is not text: it contains zero bytes.`);
  }
  return { encoding, hasByteOrderMark: false };
}

/** Non-ASCII text in another encoding is almost never valid UTF-8. */
function isUtf8(head: Buffer): boolean {
  const lines = head.subarray(0, head.lastIndexOf('\n'));
  return lines.some((byte) => byte > 0x7f) && Buffer.from(lines.toString('utf8')).equals(lines);
}

/** Recognizes UTF-16 without a byte order mark: every other byte is zero. */
function utf16Of(head: Buffer): string | undefined {
  const zeros = [0, 0];
  for (const [at, byte] of head.entries()) if (byte === 0) zeros[at % 2] = (zeros[at % 2] ?? 0) + 1;
  const [even = 0, odd = 0] = zeros;
  const most = head.length * 0.4;
  if (odd > most && even === 0) return 'utf-16le';
  return even > most && odd === 0 ? 'utf-16be' : undefined;
}

/**
 * Reads a source as text, in pieces, without a byte order mark.
 *
 * @throws CommandFailure if the bytes are not valid in the encoding, as a guess would garble names
 */
export async function* textOf(
  { name, handle, bytes, encoding }: Source,
  onBytes: (bytesDone: number) => void = () => {},
): AsyncGenerator<string> {
  const decoder = new TextDecoder(encoding, { fatal: true });
  const buffer = Buffer.alloc(PIECE_BYTES);
  let bytesDone = 0;
  let rows = 1;
  for (;;) {
    const { bytesRead } = await readAt(handle, name, buffer, bytesDone);
    if (bytesRead === 0) break;
    const piece = buffer.subarray(0, bytesRead);
    const text = decoded(decoder, piece);
    if (text === undefined) {
      throw encodingFailure(name, encoding, rows + breaksBefore(piece, encoding));
    }
    bytesDone += bytesRead;
    onBytes(bytesDone);
    rows += breaksIn(text);
    yield text;
  }
  const rest = decoded(decoder);
  if (rest === undefined) {
    throw new CommandFailure(`${name} ends in the middle of a character, in row ${grouped(rows)}.`);
  }
  if (bytesDone !== bytes)
    throw new CommandFailure(`${name} has changed while it was read: try again.`);
  yield rest;
}

async function readAt(handle: FileHandle, name: string, buffer: Buffer, position: number) {
  try {
    return await handle.read(buffer, 0, buffer.length, position);
  } catch (cause) {
    throw readFailure(name, cause);
  }
}

/** Decodes a piece, or the rest of the text; `undefined` if it is not valid in the encoding. */
function decoded(decoder: TextDecoder, piece?: Buffer): string | undefined {
  try {
    return piece ? decoder.decode(piece, { stream: true }) : decoder.decode();
  } catch {
    return undefined;
  }
}

function breaksIn(text: string): number {
  return text.split('\n').length - 1;
}

/** Counts the line breaks before the first invalid byte. */
function breaksBefore(chunk: Buffer, encoding: string): number {
  const [before = ''] = new TextDecoder(encoding).decode(chunk).slice(2).split('\ufffd');
  return breaksIn(before);
}

function encodingFailure(name: string, encoding: string, row: number): CommandFailure {
  const advice =
    encoding === 'utf-8'
      ? 'If it is from an older spreadsheet, use --encoding windows-1252.'
      : 'Use another --encoding, or leave it out.';
  return new CommandFailure(
    `${name} is not ${encoding.toUpperCase()}: see row ${grouped(row)}. ${advice}`,
  );
}

function readFailure(name: string, cause: unknown): unknown {
  const code = cause instanceof Error && 'code' in cause ? cause.code : undefined;
  const texts: Record<string, string> = {
    ENOENT: 'there is no such file.',
    EISDIR: 'it is a directory.',
    EACCES: 'this user may not read it.',
  };
  const text = typeof code === 'string' ? texts[code] : undefined;
  if (text) return new CommandFailure(`Cannot read ${name}: ${text}`, { cause });
  const isSystem = cause instanceof Error && 'syscall' in cause;
  return isSystem ? new CommandFailure(`Cannot read ${name}: ${cause.message}`, { cause }) : cause;
}
