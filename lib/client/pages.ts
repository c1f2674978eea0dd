import type { OrderPage, OrderSummaryDocument } from '../contract/schemas.ts';
import { UnexpectedAnswer } from './errors.ts';

/** The most orders on a page of the API. */
const PAGE_ORDERS_MAX = 100;

/** Reads one page of a list: the first one without a cursor. */
export type ReadPage = (page: {
  readonly limit: number;
  readonly cursor?: string;
}) => Promise<OrderPage>;

/**
 * The orders of a list; pages are read as they are needed. Each order comes once, even if it moves on
 * meanwhile, from waiting to produced, and so is on two pages.
 *
 * @param limit  the most orders
 */
export async function* ordersOf(
  readPage: ReadPage,
  limit = Number.POSITIVE_INFINITY,
): AsyncGenerator<OrderSummaryDocument, void, undefined> {
  let left = limit;
  let cursor: string | undefined;
  /** Orders that may still move on, and so come again. */
  const moving = new Set<string>();
  while (left > 0) {
    const pageLimit = Math.min(left, PAGE_ORDERS_MAX);
    const page = await readPage({ limit: pageLimit, ...(cursor !== undefined && { cursor }) });
    for (const order of page.orders) {
      if (moving.has(order.id)) continue;
      if (order.status !== 'produced' && order.status !== 'canceled') moving.add(order.id);
      left -= 1;
      yield order;
    }
    if (page.nextCursor === null) return;
    if (page.nextCursor === cursor) {
      throw new UnexpectedAnswer('The API answered with a page whose next page is itself.');
    }
    cursor = page.nextCursor;
  }
}
