/** A value that the client only reads, so readonly values may be passed too. */
export type Immutable<T> = T extends object
  ? { readonly [Name in keyof T]: Immutable<T[Name]> }
  : T;
