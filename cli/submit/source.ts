import { createReadStream, createWriteStream } from 'node:fs';
import { mkdtemp, open, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { Failure, usageFailure } from '../failure.ts';
import { grouped } from '../money.ts';

/** The name that stands for standard input. */
export const STDIN = '-';

/** Bytes at the beginning of a file that tell what it is. */
const HEAD_BYTES = 4096;

/** A file that can be read more than once, and what is known of its bytes. */
export interface Source {
  /** As messages have it. */
  readonly name: string;
  readonly path: string;
  readonly bytes: number;
  /** A label of the Encoding Standard. */
  readonly encoding: string;
  readonly hasByteOrderMark: boolean;
  /** Deletes what was put by of standard input. */
  readonly close: () => Promise<void>;
}

/**
 * Opens a file of orders, or standard input for `-`, which is put by in a file of its own.
 *
 * @param given  the file as the operator named it, for messages
 * @param said   the encoding that the operator names; a byte order mark knows better
 * @throws Failure if it can't be read, or is no text: a sheet, an archive, a page
 */
export async function openSource(
  file: string,
  given: string,
  said: string | undefined,
): Promise<Source> {
  const folder = file === STDIN ? await mkdtemp(join(tmpdir(), 'sluice-')) : undefined;
  const path = folder ? join(folder, 'orders') : file;
  const name = folder ? 'standard input' : given;
  const close = async () => {
    if (folder) await rm(folder, { recursive: true, force: true });
  };
  try {
    if (folder) await pipeline(process.stdin, createWriteStream(path, { mode: 0o600 }));
    const { head, bytes } = await headOf(path);
    const kind = kindOf(head);
    if (kind) throw usageFailure(`${name} is ${kind}`);
    return { name, path, bytes, ...encodingOf(name, head, said), close };
  } catch (cause) {
    await close();
    throw readFailure(name, cause);
  }
}

async function headOf(path: string): Promise<{ head: Buffer; bytes: number }> {
  const handle = await open(path);
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(HEAD_BYTES), 0, HEAD_BYTES, 0);
    return { head: buffer.subarray(0, bytesRead), bytes: (await handle.stat()).size };
  } finally {
    await handle.close();
  }
}

const AS_CSV =
  'Open it there and save it as CSV (UTF-8), with the order numbers formatted as text.';

/** What is no text of rows, by its first bytes in hexadecimal, whatever its name. */
const SIGNATURES: readonly (readonly [prefixes: readonly string[], kind: string])[] = [
  [
    ['504b0304', '504b0506', '504b0708'],
    `a spreadsheet (.xlsx, .ods) or another archive, which submit does not read. ${AS_CSV}`,
  ],
  [['d0cf11e0'], `an old spreadsheet (.xls), which submit does not read. ${AS_CSV}`],
  [['1f8b', '425a68', 'fd377a', '377abcaf', '28b52ffd'], 'compressed. Unpack it first.'],
  [['25504446'], 'a PDF, which has no rows to read. Export the orders as CSV.'],
  [['fffe0000', '0000feff'], 'UTF-32 text. Save it as UTF-8.'],
];

/** What is text and no rows, by how it begins. */
const BEGINNINGS: readonly (readonly [RegExp, string])[] = [
  [
    /^<(?:!doctype|\?xml|html|table|meta)/i,
    `a page or XML, as some shops name .xls or .csv. Open it in a spreadsheet. ${AS_CSV}`,
  ],
  [
    /^\[/,
    'a JSON array. submit reads NDJSON: one order a line, without brackets and commas around them.',
  ],
];

function kindOf(head: Buffer): string | undefined {
  const hex = head.toString('hex', 0, 8);
  const text = head
    .toString('utf8')
    .replace(/^\ufeff/, '')
    .trimStart();
  const [, signed] = SIGNATURES.find(([all]) => all.some((one) => hex.startsWith(one))) ?? [];
  return signed ?? BEGINNINGS.find(([pattern]) => pattern.test(text))?.[1];
}

function encodingOf(name: string, head: Buffer, said: string | undefined) {
  const marks = { 'utf-8': 'efbbbf', 'utf-16le': 'fffe', 'utf-16be': 'feff' };
  const hex = head.subarray(0, 3).toString('hex');
  const [marked] = Object.entries(marks).find(([, mark]) => hex.startsWith(mark)) ?? [];
  if (marked) return { encoding: marked, hasByteOrderMark: true };
  const encoding = said ?? utf16Of(head) ?? 'utf-8';
  if (!encoding.startsWith('utf-16') && head.includes(0)) {
    throw new Failure(`${name} is no text: it holds bytes of zero.`);
  }
  return { encoding, hasByteOrderMark: false };
}

/** Text in which every other byte is zero is UTF-16, also without a byte order mark. */
function utf16Of(head: Buffer): string | undefined {
  const zeros = [0, 0];
  for (const [at, byte] of head.entries()) if (byte === 0) zeros[at % 2] = (zeros[at % 2] ?? 0) + 1;
  const [even = 0, odd = 0] = zeros;
  const most = head.length * 0.4;
  if (odd > most && even === 0) return 'utf-16le';
  return even > most && odd === 0 ? 'utf-16be' : undefined;
}

/**
 * The text of a source, in pieces, without a byte order mark.
 *
 * @throws Failure where the bytes are not of the encoding: a guess would spoil names
 */
export async function* textOf(
  { name, path, encoding }: Source,
  onBytes: (bytesDone: number) => void = () => {},
): AsyncGenerator<string> {
  const decoder = new TextDecoder(encoding, { fatal: true });
  let bytesDone = 0;
  let rows = 1;
  try {
    for await (const chunk of createReadStream(path, { highWaterMark: 256 * 1024 })) {
      let text: string;
      try {
        text = decoder.decode(chunk, { stream: true });
      } catch {
        throw encodingFailure(name, encoding, rows + breaksBefore(chunk, encoding));
      }
      bytesDone += chunk.length;
      onBytes(bytesDone);
      rows += breaksIn(text);
      yield text;
    }
    try {
      yield decoder.decode();
    } catch {
      throw new Failure(`${name} ends in the middle of a character, in row ${grouped(rows)}.`);
    }
  } catch (cause) {
    throw readFailure(name, cause);
  }
}

function breaksIn(text: string): number {
  return text.split('\n').length - 1;
}

/** Line breaks before the first byte that is not of the encoding. */
function breaksBefore(chunk: Buffer, encoding: string): number {
  const [before = ''] = new TextDecoder(encoding).decode(chunk).slice(2).split('\ufffd');
  return breaksIn(before);
}

function encodingFailure(name: string, encoding: string, row: number): Failure {
  const advice =
    encoding === 'utf-8'
      ? 'If an older spreadsheet wrote it, say --encoding windows-1252.'
      : 'Say another --encoding, or leave it out.';
  return new Failure(
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
  if (text) return new Failure(`Cannot read ${name}: ${text}`, { cause });
  const isSystem = cause instanceof Error && 'syscall' in cause;
  return isSystem ? new Failure(`Cannot read ${name}: ${cause.message}`, { cause }) : cause;
}
