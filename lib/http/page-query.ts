import type * as z from 'zod/mini';
import type { ListRequest } from '../store/list.ts';
import type { Position } from '../store/list-places.ts';
import { cursorsOf } from './cursor.ts';
import { type HttpResponse, problem } from './responses.ts';
import type { HttpRequest } from './route.ts';

interface Query {
  readonly limit: number;
  readonly cursor?: string | undefined;
}

type PageQuery<Q> =
  | { readonly kind: 'query'; readonly query: Q; readonly after?: Position }
  | { readonly kind: 'refused'; readonly response: HttpResponse };

/**
 * Reads the queries of a list, and names the page that follows.
 *
 * @param secret  for its cursors: see `cursorsOf`
 */
export function pagesOf<Q extends Query>(
  list: ListRequest['of'],
  schema: z.ZodMiniType<Q>,
  secret: string,
) {
  const cursors = cursorsOf(list, secret);
  return {
    /**
     * A parameter that stands twice arrives joined by a comma, so a limit or a cursor that does is
     * wrong.
     */
    read({ query }: Pick<HttpRequest, 'query'>): PageQuery<Q> {
      const { limit, ...others } = query;
      const given = { ...others, ...(limit !== undefined && { limit: wholeIn(limit) }) };
      const parsed = schema.safeParse(given, { jitless: true });
      if (!parsed.success) {
        const { issues } = parsed.error;
        return refused(
          issues.map(({ path, message }) => `${path.join('.')}: ${message}`).join(' '),
        );
      }
      const { cursor } = parsed.data;
      if (cursor === undefined) return { kind: 'query', query: parsed.data };
      const after = cursors.positionOf(cursor);
      if (after !== undefined) return { kind: 'query', query: parsed.data, after };
      return refused('cursor: Must be the nextCursor of a page of this list.');
    },

    /** What the body of a page says of the page after it. */
    nextCursor: (end: Position | undefined): string | null =>
      end === undefined ? null : cursors.at(end),
  };
}

/** Digits alone: what else `Number` takes, such as 1e1 and 0x1, is a slip. */
function wholeIn(text: string): number {
  return /^[1-9]\d{0,9}$/.test(text) ? Number(text) : Number.NaN;
}

function refused(detail: string) {
  return { kind: 'refused', response: problem('invalid-query', detail) } as const;
}
