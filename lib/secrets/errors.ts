/** The secrets could not be read: nothing can be done without them, and nothing was. */
export class SecretsUnavailable extends Error {
  override readonly name = 'SecretsUnavailable';
}
