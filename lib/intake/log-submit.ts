import type { Log } from '../log.ts';
import type { SubmitOutcome } from './submit-orders.ts';

/** Who submits, and in which request. */
interface Submit {
  readonly requestId: string;
  readonly caller: { readonly client: string };
}

/** One line for what one request has submitted, whether it was an order or a batch. */
export function logSubmit(
  log: Log,
  { requestId, caller: { client } }: Submit,
  outcomes: readonly SubmitOutcome[],
): void {
  const accepted = idsOf(outcomes, 'accepted');
  const replayed = idsOf(outcomes, 'replayed');
  if (accepted.length + replayed.length === 0) return;
  log('info', 'submitted', {
    requestId,
    client,
    ...(accepted.length > 0 && { accepted }),
    ...(replayed.length > 0 && { replayed }),
  });
}

function idsOf(outcomes: readonly SubmitOutcome[], kind: 'accepted' | 'replayed'): string[] {
  return outcomes.flatMap((outcome) => (outcome.kind === kind ? [outcome.receipt.id] : []));
}
