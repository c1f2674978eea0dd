/** A value that the client only reads, so that readonly ones may be given too. */
export type Immutable<T> = T extends object
  ? { readonly [Name in keyof T]: Immutable<T[Name]> }
  : T;
