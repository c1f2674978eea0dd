import { expect, test } from 'vitest';
import type { Answer, deploy } from '../http/deployment.ts';
import { orderBody } from '../support/orders.ts';
import type { measuredStack } from './measured-stack.ts';

export type Api = Awaited<ReturnType<typeof deploy>>;

/** A call of the API, with what it is billed and how many requests to Redis it makes, at most. */
export interface Call {
  readonly name: string;
  readonly before?: (api: Api) => Promise<unknown>;
  readonly call: (api: Api) => Promise<unknown>;
  readonly billed: number;
  /** What it says it was billed, where its script's typical bill is another. */
  readonly told?: number;
  readonly requests: number;
}

/** Tests what each call costs, on a deployment of its own. */
export function testCosts(
  calls: readonly Call[],
  { costOf }: Pick<Awaited<ReturnType<typeof measuredStack>>, 'costOf'>,
  deployed: () => Promise<Api>,
): void {
  test.for(calls)(
    '$name costs $billed commands in $requests requests at most, and says so',
    async (each) => {
      const api = await deployed();
      await each.before?.(api);
      let answer: unknown;
      const cost = await costOf(async () => {
        answer = await each.call(api);
      });
      expect(cost.billed).toBeLessThanOrEqual(each.billed);
      expect(cost.requests).toBeLessThanOrEqual(each.requests);
      const { headers } = answer as Partial<Answer>;
      if (headers) expect(headers['x-redis-commands']).toBe(String(each.told ?? cost.billed));
    },
  );
}

/** A batch of orders, each with a key of its own. */
export const keyed = (count: number, key: string, more: object = {}) => ({
  orders: Array.from({ length: count }, (_, at) =>
    orderBody({ idempotencyKey: `${key}-${at}`, ...more }),
  ),
});
