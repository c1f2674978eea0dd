/** The secrets could not be read: nothing can be done without them, and nothing was. */
export class SecretsUnavailable extends Error {
  override readonly name = 'SecretsUnavailable';
  /** `unreachable`: the store throttles, fails or is silent. `refused`: it does not let us in. */
  readonly why: 'unreachable' | 'refused';

  constructor(message: string, why: 'unreachable' | 'refused') {
    super(message);
    this.why = why;
  }
}
