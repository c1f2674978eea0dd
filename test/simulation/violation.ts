/** Something happened that must not. */
export class Violation extends Error {
  override readonly name = 'Violation';
  /** The order that it happened to, where it is one order. */
  readonly id: string | undefined;

  /** @param sentence  what happened that must not */
  constructor(sentence: string, id?: string) {
    super(sentence);
    this.id = id;
  }
}
