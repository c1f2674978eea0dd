import type * as z from 'zod/mini';
import { type HttpResponse, problem } from './responses.ts';
import type { HttpRequest } from './route.ts';

export type CheckedQuery<Q> =
  | { readonly kind: 'query'; readonly query: Q }
  | { readonly kind: 'refused'; readonly response: HttpResponse };

const NUMBERS = ['limit', 'step'] as const;

/**
 * Checks a query against a schema. Other parameters are ignored; a number that was sent twice arrives
 * joined by a comma, and so is refused.
 */
export function checkedQuery<Q>(
  query: HttpRequest['query'],
  schema: z.ZodMiniType<Q>,
): CheckedQuery<Q> {
  const given: Record<string, unknown> = { ...query };
  for (const name of NUMBERS) {
    if (query[name] !== undefined) given[name] = wholeIn(query[name]);
  }
  const parsed = schema.safeParse(given, { jitless: true });
  if (parsed.success) return { kind: 'query', query: parsed.data };
  const { issues } = parsed.error;
  const detail = issues.map(({ path, message }) => `${path.join('.')}: ${message}`).join(' ');
  return { kind: 'refused', response: problem('invalid-query', detail) };
}

/** Digits only: 1e1 and 0x1, which `Number` accepts too, are mistakes. */
function wholeIn(text: string): number {
  return /^[1-9]\d{0,9}$/.test(text) ? Number(text) : Number.NaN;
}
