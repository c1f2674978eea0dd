import type * as z from 'zod/mini';
import type { PageRequest, Place } from '../queue/store.ts';
import { cursorAt, placeOf } from './cursor.ts';
import { type HttpResponse, problem } from './responses.ts';
import type { HttpRequest } from './route.ts';

interface Query {
  readonly limit: number;
  readonly cursor?: string | undefined;
}

type PageQuery<Q> =
  | { readonly kind: 'query'; readonly query: Q; readonly after?: Place }
  | { readonly kind: 'refused'; readonly response: HttpResponse };

/**
 * Reads the query of a list. A parameter that stands twice arrives joined by a comma, so a limit or
 * a cursor that does is wrong.
 */
export function readPageQuery<Q extends Query>(
  { query }: Pick<HttpRequest, 'query'>,
  schema: z.ZodMiniType<Q>,
  list: PageRequest['of'],
): PageQuery<Q> {
  const { limit, ...others } = query;
  const given = { ...others, ...(limit !== undefined && { limit: wholeIn(limit) }) };
  const parsed = schema.safeParse(given, { jitless: true });
  if (!parsed.success) {
    const faults = parsed.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`);
    return refused(faults.join(' '));
  }
  const { cursor } = parsed.data;
  if (cursor === undefined) return { kind: 'query', query: parsed.data };
  const after = placeOf(list, cursor);
  if (after === undefined) return refused('cursor: Must be the nextCursor of a page of this list.');
  return { kind: 'query', query: parsed.data, after };
}

/** How the body of a page names the page after it. */
export function nextCursorOf(list: PageRequest['of'], end: Place | undefined): string | null {
  return end === undefined ? null : cursorAt(list, end);
}

/** Digits alone: what else `Number` takes, such as 1e1 and 0x1, is a slip. */
function wholeIn(text: string): number {
  return /^[1-9]\d{0,9}$/.test(text) ? Number(text) : Number.NaN;
}

function refused(detail: string) {
  return { kind: 'refused', response: problem('invalid-query', detail) } as const;
}
