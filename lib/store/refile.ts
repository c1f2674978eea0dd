import { aloneOf } from './claim.ts';
import type { Store } from './connection.ts';
import { segmentIn, segmentName } from './keys.ts';
import type { OrderState } from './order-record.ts';
import { runScript } from './run-script.ts';
import { REFILE } from './scripts.ts';

export interface RefileRequest {
  readonly id: string;
  readonly client: string;
  /** The state record that was read, and what it says. */
  readonly expected: string | null;
  readonly state: OrderState | undefined;
  /** The name of the segment that the order was seen in, if it was. */
  readonly seenIn?: string;
  readonly isRepair: boolean;
}

/**
 * Looks at an order that should be in an ended segment and is not, or is in one that its state does
 * not name, and puts that right if it may repair.
 *
 * @returns what is wrong with it: nothing if its state has changed since it was read
 * @throws StoreUnavailable, StoreFault
 */
export async function refile(
  { client: redis, keys }: Store,
  request: RefileRequest,
): Promise<'stranded' | 'misplaced' | 'placed'> {
  const { id, client, expected, state, seenIn, isRepair } = request;
  const seenKey = seenIn === undefined ? undefined : endedKey(keys, seenIn);
  const named = state?.segment === undefined ? undefined : segmentName(client, state.segment);
  const namedKey = named === undefined ? undefined : endedKey(keys, named);
  const anyKey = namedKey ?? seenKey ?? keys.state(id);
  const [found] = await runScript(redis, {
    script: REFILE,
    keys: [
      ...[keys.state(id), keys.pending(client), keys.pending(aloneOf(client)), keys.segments],
      ...[namedKey ?? anyKey, seenKey ?? anyKey],
    ],
    args: [
      ...[id, expected ?? '', named ?? '', String(state?.updatedAtMs ?? 0)],
      ...[seenIn ?? '', isRepair ? '1' : '0'],
    ],
  });
  return found === 'stranded' || found === 'misplaced' ? found : 'placed';
}

function endedKey(keys: Store['keys'], name: string): string {
  const { client, segment } = segmentIn(name);
  return keys.ended(client, segment);
}
