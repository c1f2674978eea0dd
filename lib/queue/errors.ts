/**
 * The store could not be asked, or did not answer in time. What was asked may or may not have
 * been done; every step of the port but a claim is safe to ask for again.
 */
export class StoreUnavailable extends Error {
  override readonly name = 'StoreUnavailable';
}

/** The store holds something that it must not hold, such as a key of the wrong type. */
export class StoreFault extends Error {
  override readonly name = 'StoreFault';
}
