import { countedBytesOf, countMoreBytes } from '../store/bytes.ts';
import { type ReplaceAnswer, type ReplaceRequest, replace } from '../store/replace.ts';
import type { NoRoom } from '../store/submit.ts';
import type { Intake } from './submit-orders.ts';

/**
 * Replaces an order, and counts what that adds to its client's storage, as the old content is kept: two
 * commands for each 256 KiB. Where the share is used up, it is refused like a submit.
 *
 * @throws StoreUnavailable, StoreFault
 */
export async function replaceOrder(
  { store, storage }: Pick<Intake, 'store' | 'storage'>,
  request: ReplaceRequest,
): Promise<ReplaceAnswer | { readonly kind: 'no-room'; readonly where: NoRoom }> {
  const { client, nowMs } = request;
  if (client !== undefined) {
    const isDoubtful = storage.ask(client, 0).bytesMax !== undefined;
    const isKnown = storage.noRoom(client, nowMs) !== undefined;
    if (isDoubtful && !isKnown)
      storage.learn(client, 0, await countedBytesOf(store, client), nowMs);
    const where = storage.noRoom(client, nowMs);
    if (where !== undefined) return { kind: 'no-room', where };
  }
  const answer = await replace(store, request);
  if (answer.kind !== 'replaced' || answer.addedBytes === 0) return answer;
  const { order, addedBytes } = answer;
  const { owedBytes } = storage.ask(order.client, addedBytes);
  // It is replaced by now, counted or not: what is lost here is found by the daily upkeep.
  const counted =
    owedBytes === undefined
      ? undefined
      : await countMoreBytes(store, order.client, owedBytes + addedBytes).catch(() => undefined);
  storage.learn(order.client, addedBytes, counted, nowMs);
  return answer;
}
