/**
 * Names the holder of a drain's leases: its slot, and text that no other drain has.
 *
 * @param unique  such as a UUID
 */
export function holderOf(slot: number, unique: string): string {
  return `${slot}.${unique}`;
}

/** The slot that a holder's name begins with, if it does. */
export function slotIn(holder: string): number | undefined {
  const [, slot] = /^(\d{1,3})\./.exec(holder) ?? [];
  return slot === undefined ? undefined : Number(slot);
}
