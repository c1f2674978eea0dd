/** How much of a drain's own text is kept of an attempt that failed. */
const UNIQUE_CHARACTERS = 8;

/**
 * Who has an order, in four names that are made of each other:
 *
 *     drainId  <slot>.<unique>                 one drain
 *     holder   <drainId>@<claimed at, ms>      one claim of it
 *     batchId  <token>:<holder>                with its fencing token; `settledBy` in a state is one
 *     owner    <token>:<claims>:<holder>       of one order of the batch, with how often it was claimed
 *
 * @param unique  text that no other drain has, such as a UUID
 */
export function drainIdOf(slot: number, unique: string): string {
  return `${slot}.${unique}`;
}

export function holderOf(drainId: string, claimedAtMs: number): string {
  return `${drainId}@${claimedAtMs}`;
}

export function batchIdOf({ token, holder }: { readonly token: number; readonly holder: string }) {
  return `${token}:${holder}`;
}

/** The batch that an owner names; `undefined` if it names none. */
export function batchIdIn(owner: string): string | undefined {
  const [, token, holder] = /^(\d+):\d+:(.+)$/s.exec(owner) ?? [];
  return token === undefined ? undefined : `${token}:${holder}`;
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
