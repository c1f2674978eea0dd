/**
 * Why the store could not do what it was asked.
 *
 * - `unreachable`: no answer, or one that is not Redis's: the outcome is unknown.
 * - `full`: the database holds as much as its plan allows; reads and deletes still work.
 * - `budget`: the plan's or the budget's commands are used up.
 * - `record`: one key has reached the size that the plan allows for a record.
 * - `too-large`: a request or a reply is over 10 MB.
 * - `throttled`: too many commands in this second.
 * - `unauthorized`: the token was refused, so nothing was done.
 * - `failed`: Redis answered with another error.
 *
 * @see https://upstash.com/docs/redis/troubleshooting
 */
export type UnavailableKind =
  | 'unreachable'
  | 'full'
  | 'budget'
  | 'record'
  | 'too-large'
  | 'throttled'
  | 'unauthorized'
  | 'failed';

/**
 * The store could not be asked, did not answer in time, or is not able to. Whether it did what it
 * was asked is unknown unless `kind` is `unauthorized`. Every operation but `claim` can be repeated.
 */
export class StoreUnavailable extends Error {
  override readonly name = 'StoreUnavailable';
  readonly kind: UnavailableKind;

  constructor(message: string, kind: UnavailableKind = 'unreachable') {
    super(message);
    this.kind = kind;
  }
}

/** The store holds something it must not hold, such as a key of the wrong type. */
export class StoreFault extends Error {
  override readonly name = 'StoreFault';
}
