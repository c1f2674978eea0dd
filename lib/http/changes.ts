import type { Canceled } from '../contract/operator-schemas.ts';
import type { CancelAnswer } from '../store/cancel.ts';
import type { RedriveAnswer } from '../store/redrive.ts';
import { conflict, type HttpResponse, notFound, problem, wasErased } from './responses.ts';

/**
 * Why an order was not canceled.
 *
 * @param mayRead  whether the caller may be told what the order is instead
 */
export function notCanceled(
  answer: Exclude<CancelAnswer, { readonly kind: 'canceled' }>,
  mayRead: boolean,
): HttpResponse {
  if (answer.kind === 'not-found') return notFound();
  if (answer.kind === 'erased') return wasErased();
  if (mayRead) return conflict('not-cancelable', answer.status);
  return problem('not-cancelable', 'It is too late to cancel this order.');
}

/** Why an order was not put back. */
export function notRedriven(
  answer: Exclude<RedriveAnswer, { readonly kind: 'redriven' }>,
): HttpResponse {
  if (answer.kind === 'not-found') return notFound();
  return answer.kind === 'erased' ? wasErased() : conflict('not-dead', answer.status);
}

/** Why one order of a list was not changed. */
export function refusedChange(id: string, { status, body }: HttpResponse) {
  return { id, status, problem: body } as Extract<
    Canceled['results'][number],
    { problem: unknown }
  >;
}
