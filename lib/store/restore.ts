import { aloneOf } from './claim.ts';
import type { Store } from './connection.ts';
import { type OrderState, stateText } from './order-record.ts';
import { runScript } from './run-script.ts';
import { RESTORE } from './scripts.ts';

/** No function runs longer, so whoever holds an order has settled it by then or is gone. */
const LEASE_MS_MAX = 900_000;

export interface RestoreRequest {
  readonly id: string;
  readonly client: string;
  /** The state record that was read, and what it says. */
  readonly expected: string | null;
  readonly state: OrderState | undefined;
  /** Whether it is not made due: it has ended, or is in the queue. */
  readonly stays: boolean;
  /** What to write for an order that has lost its state, if an ended segment holds it. */
  readonly ended?: OrderState;
  readonly nowMs: number;
  readonly isRepair: boolean;
}

/**
 * Looks at an order that seems to be in no place, or among the dead without being dead, and makes it
 * due if it may repair. The drain that claims it moves it to where its state says that it belongs.
 *
 * @returns what is wrong with it: nothing if its state has changed since it was read
 * @throws StoreUnavailable, StoreFault
 */
export async function restore(
  { client: redis, keys }: Store,
  request: RestoreRequest,
): Promise<'stranded' | 'misplaced' | 'placed'> {
  const { id, client, expected, state, stays, ended, nowMs, isRepair } = request;
  const [found] = await runScript(redis, {
    script: RESTORE,
    keys: [
      ...[keys.state(id), keys.owners, keys.pending(client)],
      ...[keys.pending(aloneOf(client)), keys.dead(client), keys.clients],
    ],
    args: [
      ...[id, client, expected ?? '', state?.status === 'dead' ? '1' : '0'],
      ...[stays ? '1' : '0', ended === undefined ? '' : stateText(ended)],
      ...[String(nowMs), String(nowMs + LEASE_MS_MAX), isRepair ? '1' : '0'],
    ],
  });
  return found === 'stranded' || found === 'misplaced' ? found : 'placed';
}
