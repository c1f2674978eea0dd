/**
 * What a failure means for what was asked:
 * - `refused`      the data is at fault: no repeat will help
 * - `again`        it lost against another transaction; a repeat may win
 * - `late`         its time was up; it may or may not have been done
 * - `lost`         the connection broke: it may or may not have been done
 * - `unreached`    there was no connection to ask on, so nothing was done
 * - `unavailable`  the database can do no work
 * - `not-ready`    a table or a right is missing
 */
export type FailureKind =
  | 'refused'
  | 'again'
  | 'late'
  | 'lost'
  | 'unreached'
  | 'unavailable'
  | 'not-ready';

/**
 * PostgreSQL did not do what it was asked. Its own message, which may hold an order's data, is not
 * kept: the code and the constraint's name say enough.
 */
export class DatabaseFailure extends Error {
  override readonly name = 'DatabaseFailure';
  readonly kind: FailureKind;
  /** Five characters of PostgreSQL's, or what Node.js calls the error. */
  readonly code: string;
  readonly constraint: string | undefined;

  constructor(kind: FailureKind, code: string, constraint?: string) {
    super(`PostgreSQL: ${kind} (${code})`);
    this.kind = kind;
    this.code = code;
    this.constraint = constraint;
  }
}

/** @see https://www.postgresql.org/docs/current/errcodes-appendix.html */
const MEANINGS: readonly (readonly [RegExp, FailureKind])[] = [
  // Data exceptions, constraints, a view's check, and what a trigger raises.
  [/^(?:22|23|44|P0001)/, 'refused'],
  // Serialization failures, deadlocks, a lock that was not had.
  [/^(?:40|55P03)/, 'again'],
  [/^57014$/, 'late'],
  // Ended from the server's side, or a server that has become a standby.
  [/^(?:08|57P0[125]|25006)/, 'lost'],
  [/^(?:0A|28|3D|3F|42)/, 'not-ready'],
];

/**
 * What a failure of the driver means. All that is not known is taken for trouble of the server,
 * which orders can wait out.
 *
 * @param during  whether it was still connecting, so that nothing was asked yet
 */
export function failureOf(error: unknown, during: 'connect' | 'query'): DatabaseFailure {
  if (error instanceof DatabaseFailure) return error;
  const { code, severity, constraint } = error as Readonly<Record<string, string | undefined>>;
  if (during === 'connect') return new DatabaseFailure('unreached', code ?? 'no code');
  if (severity === undefined || code === undefined) {
    return new DatabaseFailure('lost', code ?? 'no code');
  }
  const [, kind = 'unavailable'] = MEANINGS.find(([pattern]) => pattern.test(code)) ?? [];
  return new DatabaseFailure(kind, code, constraint);
}
