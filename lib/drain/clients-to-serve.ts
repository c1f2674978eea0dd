import { CLAIM_CLIENTS_MAX, isAloneName } from '../store/claim.ts';

/**
 * Those that are ready, and the clients of the last batch, who may have submitted more since. They
 * come first, as what a client does not need of a claim is left for those after it.
 */
export function clientsToServe(
  ready: readonly string[],
  served: readonly string[],
): readonly string[] {
  const first = ready.filter((name) => !isAloneName(name)).slice(0, CLAIM_CLIENTS_MAX);
  const again = served.filter((client) => !first.includes(client));
  return [...again.slice(0, CLAIM_CLIENTS_MAX - first.length), ...first];
}

/**
 * Whose unanswered orders come next: one client's at a time, in turn, as each further client of a claim is
 * billed.
 */
export function aloneToServe(ready: readonly string[]): readonly string[] {
  return ready.filter(isAloneName).slice(0, 1);
}
