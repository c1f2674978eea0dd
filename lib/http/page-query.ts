import type * as z from 'zod/mini';
import type { Position } from '../store/list-places.ts';
import { type Caller, isAdmin } from './authenticate.ts';
import { checkedQuery } from './checked-query.ts';
import { cursorsOf, type List } from './cursor.ts';
import { type HttpResponse, problem } from './responses.ts';
import type { HttpRequest } from './route.ts';

interface Query {
  readonly limit: number;
  readonly cursor?: string | undefined;
}

type Asked = Pick<HttpRequest, 'caller' | 'query'>;

type PageQuery<Q, P> =
  | { readonly kind: 'query'; readonly query: Q; readonly after?: P }
  | { readonly kind: 'refused'; readonly response: HttpResponse };

/**
 * Reads the queries of a list and makes the cursors of its pages.
 *
 * @param secret  see `cursorsOf`
 */
export function pagesOf<Q extends Query, P = Position>(
  list: List,
  schema: z.ZodMiniType<Q>,
  secret: string,
) {
  const cursorsFor = (caller: Caller, client = '') => {
    // No client's name begins with an asterisk.
    return cursorsOf<P>(list, isAdmin(caller) ? `*${client}` : caller.client, secret);
  };
  return {
    /** A limit or a cursor that was sent twice arrives joined by a comma, and so is refused. */
    read({ caller, query }: Asked): PageQuery<Q, P> {
      const checked = checkedQuery(query, schema);
      if (checked.kind === 'refused') return checked;
      const { cursor } = checked.query;
      if (cursor === undefined) return { kind: 'query', query: checked.query };
      const after = cursorsFor(caller, query.client).positionOf(cursor);
      if (after !== undefined) return { kind: 'query', query: checked.query, after };
      return refused('cursor: Must be the nextCursor of a page of this list, as you got it.');
    },

    /** The `nextCursor` of a page. */
    nextCursor({ caller, query }: Asked, end: P | undefined): string | null {
      return end === undefined ? null : cursorsFor(caller, query.client).at(end);
    },
  };
}

function refused(detail: string) {
  return { kind: 'refused', response: problem('invalid-query', detail) } as const;
}
