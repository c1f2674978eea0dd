import type { TestStore } from '../support/store.ts';

/** What has become of an order, as its hash says it. */
export interface Outcome {
  readonly status: string | null;
  readonly attempts: number;
  readonly orderNumber: number | undefined;
}

/** The outcomes of orders, by one request. */
export async function outcomesOf(store: TestStore, ids: readonly string[]): Promise<Outcome[]> {
  const reads = store.redis.pipeline();
  for (const id of ids) reads.hmget(store.keys.order(id), 'status', 'attempts', 'orderNumber');
  const rows = (await reads.exec()) as unknown as (string | null)[][];
  return rows.map(([status = null, attempts, orderNumber]) => ({
    status,
    attempts: Number(attempts ?? 0),
    orderNumber: orderNumber == null ? undefined : Number(orderNumber),
  }));
}
