import type { OrderPage, OrderSummaryDocument } from '../contract/schemas.ts';
import { UnexpectedAnswer } from './errors.ts';

/** The most orders that the API has on a page. */
const PAGE_ORDERS_MAX = 100;

/** One page of a list: the first where there is no cursor. */
export type ReadPage = (page: {
  readonly limit: number;
  readonly cursor?: string;
}) => Promise<OrderPage>;

/**
 * The orders of a list, page by page as they are asked for. The list may change meanwhile: an order
 * that was there from the beginning comes once, whatever comes in.
 *
 * @param limit  how many orders at most
 */
export async function* ordersOf(
  readPage: ReadPage,
  limit = Number.POSITIVE_INFINITY,
): AsyncGenerator<OrderSummaryDocument, void, undefined> {
  let left = limit;
  let cursor: string | undefined;
  while (left > 0) {
    const pageLimit = Math.min(left, PAGE_ORDERS_MAX);
    const page = await readPage({ limit: pageLimit, ...(cursor !== undefined && { cursor }) });
    yield* page.orders;
    left -= page.orders.length;
    if (page.nextCursor === null) return;
    if (page.nextCursor === cursor) {
      throw new UnexpectedAnswer('The API answered with a page whose next one is itself.');
    }
    cursor = page.nextCursor;
  }
}
