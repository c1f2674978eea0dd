/** How much of a drain's own text is kept of an attempt that failed. */
const UNIQUE_CHARACTERS = 8;

/**
 * Names the holder of a drain's leases: its slot, and text that no other drain has.
 *
 * @param unique  such as a UUID
 */
export function holderOf(slot: number, unique: string): string {
  return `${slot}.${unique}`;
}

/** The holder of one claim: the drain's, with when it claimed. */
export function claimHolder(holder: string, claimedAtMs: number): string {
  return `${holder}@${claimedAtMs}`;
}

/** The slot that a holder's name begins with, if it does. */
export function slotIn(holder: string): number | undefined {
  const [, slot] = /^(\d{1,3})\./.exec(holder) ?? [];
  return slot === undefined ? undefined : Number(slot);
}

/** Who has claimed an order, and when, as far as the holder of the claim tells. */
export function holderParts(holder: string): {
  readonly holder: string;
  readonly claimedAtMs?: number;
} {
  const [, drain = '', atMs] = /^(.*?)(?:@(\d+))?$/s.exec(holder) ?? [];
  const [, slot = '', unique = ''] = /^(\d{1,3}\.)?(.*)$/s.exec(drain) ?? [];
  return {
    holder: `${slot}${unique.slice(0, UNIQUE_CHARACTERS)}`,
    ...(atMs !== undefined && { claimedAtMs: Number(atMs) }),
  };
}
