import { expect, test } from 'vitest';
import type { deploy } from '../http/deployment.ts';
import { orderBody } from '../support/orders.ts';
import type { measuredStack } from './measured-stack.ts';

export type Api = Awaited<ReturnType<typeof deploy>>;

/** A call of the API, with what it is billed and how many requests to Redis it makes, at most. */
export interface Call {
  readonly name: string;
  readonly before?: (api: Api) => Promise<unknown>;
  readonly call: (api: Api) => Promise<unknown>;
  readonly billed: number;
  readonly requests: number;
}

/** Tests what each call costs, on a deployment of its own. */
export function testCosts(
  calls: readonly Call[],
  { costOf }: Pick<Awaited<ReturnType<typeof measuredStack>>, 'costOf'>,
  deployed: () => Promise<Api>,
): void {
  test.for(calls)('$name costs $billed commands in $requests requests at most', async (each) => {
    const api = await deployed();
    await each.before?.(api);
    const cost = await costOf(() => each.call(api));
    expect(cost.billed).toBeLessThanOrEqual(each.billed);
    expect(cost.requests).toBeLessThanOrEqual(each.requests);
  });
}

/** A batch of orders, each with a key of its own. */
export const keyed = (count: number, key: string, more: object = {}) => ({
  orders: Array.from({ length: count }, (_, at) =>
    orderBody({ idempotencyKey: `${key}-${at}`, ...more }),
  ),
});
