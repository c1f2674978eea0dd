import { pipeline, Readable } from 'node:stream';
import { parse } from 'csv-parse';
import { Failure } from './failure.ts';

export interface CsvRow {
  /** The line of the file, from 1, on which the row begins, as an editor shows it. */
  readonly row: number;
  readonly cells: readonly string[];
}

interface RawRecord {
  readonly record: readonly string[];
  readonly raw: string;
}

/**
 * The rows of a CSV file (RFC 4180, any line ending), empty lines skipped, cells as they are.
 *
 * @throws Failure if quotes are not well-formed: what follows could belong to any row
 */
export async function* readCsvRows(
  text: AsyncIterable<string>,
  delimiter: string,
): AsyncGenerator<CsvRow> {
  const parser = parse({
    delimiter,
    record_delimiter: ['\r\n', '\n', '\r'],
    relax_column_count: true,
    raw: true,
  });
  // A fault in the text destroys the parser, and so reaches the loop below.
  pipeline(Readable.from(text), parser, () => {});
  // Counted here because csv-parse's own line number counts a CRLF within quotes twice.
  let row = 1;
  try {
    for await (const { record: cells, raw } of parser as AsyncIterable<RawRecord>) {
      if (cells.length > 1 || cells[0] !== '') yield { row, cells };
      row += 1 + lineBreaksWithin(raw);
    }
  } catch (cause) {
    if (!isSyntaxFault(cause)) throw cause;
    throw new Failure(`The file is no well-formed CSV. ${cause.message}`, { cause });
  }
}

/** `raw` ends with the first character of the row's own line ending, which is not counted. */
function lineBreaksWithin(raw: string): number {
  return raw.replace(/[\r\n]$/, '').match(/\r\n|\r|\n/g)?.length ?? 0;
}

function isSyntaxFault(cause: unknown): cause is Error {
  return cause instanceof Error && 'code' in cause && /^(CSV_|INVALID_)/.test(String(cause.code));
}
