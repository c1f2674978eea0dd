import { createReadStream } from 'node:fs';
import { Failure } from './failure.ts';

/** The name that stands for standard input. */
export const STDIN = '-';

/**
 * The text of a file, or of standard input for `-`, in pieces, without a byte order mark.
 *
 * @throws Failure if it can't be read, or isn't UTF-8: a guess at the encoding would spoil names
 */
export async function* readText(file: string): AsyncGenerator<string> {
  const decoder = new TextDecoder('utf-8', { fatal: true });
  const source: AsyncIterable<Buffer> = file === STDIN ? process.stdin : createReadStream(file);
  try {
    for await (const bytes of source) yield decoder.decode(bytes, { stream: true });
    yield decoder.decode();
  } catch (cause) {
    throw new Failure(`Cannot read ${file}: ${readFaultOf(cause)}`, { cause });
  }
}

function readFaultOf(cause: unknown): string {
  const code = cause instanceof Error && 'code' in cause ? cause.code : undefined;
  if (code === 'ENOENT') return 'there is no such file.';
  if (code === 'EISDIR') return 'it is a directory.';
  if (code === 'EACCES') return 'this user may not read it.';
  if (code === 'ERR_ENCODING_INVALID_ENCODED_DATA') {
    return (
      'it is not UTF-8. Convert it first, for example from the encoding of an old\n' +
      'spreadsheet: iconv -f WINDOWS-1252 -t UTF-8 FILE > FILE.utf8'
    );
  }
  return cause instanceof Error ? cause.message : String(cause);
}
