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
 * kept: the code and the name of the constraint or column say enough.
 */
export class DatabaseFailure extends Error {
  override readonly name = 'DatabaseFailure';
  readonly kind: FailureKind;
  /** Five characters of PostgreSQL's, or what Node.js calls the error. */
  readonly code: string;
  readonly constraint: string | undefined;
  readonly column: string | undefined;
  /** What to do about it, where that is known. */
  readonly advice: string | undefined;

  constructor(
    kind: FailureKind,
    code: string,
    { constraint, column, advice }: FailureDetails = {},
  ) {
    super(`PostgreSQL: ${kind} (${code})${advice === undefined ? '' : `. ${advice}`}`);
    this.kind = kind;
    this.code = code;
    this.constraint = constraint;
    this.column = column;
    this.advice = advice;
  }
}

interface FailureDetails {
  readonly constraint?: string | undefined;
  readonly column?: string | undefined;
  readonly advice?: string | undefined;
}

const OWN_CERTIFICATE =
  'The database shows a certificate that nobody known has signed: put the certificate of its ' +
  'authority (PEM) into DATABASE_CA, which its host offers for download.';

/** What to do about failures of which the operator can do something, by code and message. */
const ADVICE: readonly (readonly [code: RegExp, message: RegExp, advice: string])[] = [
  [/^(?:DEPTH_ZERO_)?SELF_SIGNED_CERT|^UNABLE_TO_(?:VERIFY|GET)/, /^/, OWN_CERTIFICATE],
  [
    /^ERR_TLS_CERT_ALTNAME_INVALID$/,
    /^/,
    'The certificate of the database is for another name than the host of DATABASE_URL.',
  ],
  [
    /^CERT_HAS_EXPIRED$/,
    /^/,
    'The certificate of the database, or one in DATABASE_CA, has expired.',
  ],
  [/^ENOTFOUND$|^EAI_AGAIN$/, /^/, 'The host of DATABASE_URL is not known.'],
  [/^ECONNREFUSED$/, /^/, 'Nothing listens at the host and port of DATABASE_URL.'],
  [/^ETIMEDOUT$|^EHOSTUNREACH$|^ENETUNREACH$/, /^/, 'The host of DATABASE_URL does not answer.'],
  [/^28P01$/, /^/, 'The password of DATABASE_URL is wrong.'],
  [/^28000$/, /^/, 'The database does not let the user of DATABASE_URL in from this address.'],
  [/^3D000$/, /^/, 'The database that DATABASE_URL names does not exist.'],
  [
    /^42501$/,
    /row-level security/,
    'Row-level security keeps the user of DATABASE_URL from the tables of Sluice: give it policies ' +
      'that let it select, insert and update, or the attribute BYPASSRLS.',
  ],
  [/^42501$/, /^/, 'The user of DATABASE_URL lacks a right on the tables of Sluice.'],
];

/** What to do about an error of the driver, if that is known. */
export function adviceOn(error: unknown): string | undefined {
  const { code = '', message = '' } = error as { code?: string; message?: string };
  return ADVICE.find(([codes, texts]) => codes.test(code) && texts.test(message))?.[2];
}

/** @see https://www.postgresql.org/docs/current/errcodes-appendix.html */
const MEANINGS: readonly (readonly [RegExp, FailureKind])[] = [
  // Data exceptions, constraints, a view's check, and what triggers and their functions raise.
  [/^(?:09|2[0-37F]|38|39|44|P0)/, 'refused'],
  // Serialization failures, deadlocks, a lock that was not had.
  [/^(?:40|55P03)/, 'again'],
  [/^57014$/, 'late'],
  // Ended from the server's side, or a server that has become a standby.
  [/^(?:08|57P0[125]|25006)/, 'lost'],
  [/^(?:0A|28|3D|3F|42)/, 'not-ready'],
  // The other classes of PostgreSQL: trouble of the server.
  [/^(?:0[0-9A-Z]|10|2[0-9A-F]|3[4-9A-F]|4[0-4]|5[3-8]|72|F0|HV|XX)/, 'unavailable'],
  // No class of PostgreSQL's: a code that somebody has made up for a trigger to raise.
  [/^[0-9A-Z]{5}$/, 'refused'],
];

/** The names of columns and constraints can be trusted to be names where the server gives them. */
const NAMES_ARE_SAFE = /^2[23]/;
const NAME = /^[\p{L}_][\p{L}\p{N}_$]{0,62}$/u;

/**
 * What a failure of the driver means. All that is not known is taken for trouble of the server,
 * which orders can wait out.
 *
 * @param during  whether it was still connecting, so that nothing was asked yet
 */
export function failureOf(error: unknown, during: 'connect' | 'query'): DatabaseFailure {
  if (error instanceof DatabaseFailure) return error;
  const { code, severity, ...names } = error as Readonly<Record<string, string | undefined>>;
  const advice = adviceOn(error);
  if (during === 'connect') return new DatabaseFailure('unreached', code ?? 'no code', { advice });
  if (severity === undefined || code === undefined) {
    return new DatabaseFailure('lost', code ?? 'no code');
  }
  const [, kind = 'unavailable'] = MEANINGS.find(([pattern]) => pattern.test(code)) ?? [];
  const safe = (name = '') => (NAMES_ARE_SAFE.test(code) && NAME.test(name) ? name : undefined);
  const [constraint, column] = [safe(names.constraint), safe(names.column)];
  return new DatabaseFailure(kind, code, { constraint, column, advice });
}
