import type { Operation } from '../lib/contract/operation.ts';
import { OPERATIONS } from '../lib/contract/operations.ts';

/**
 * The functions that serve routes. Memory is a share of a processor as well: 1,769 MB are one. The
 * figures are what `npm run bench` measured for the largest inputs, in processes of their own. A timeout
 * is more than all that a request may wait for: 2.5 s for secrets, twice 1.2 s for Redis (2.5 s each where
 * batches are carried), and a second for waking a drain; API Gateway waits for 30 s.
 */
interface Size {
  readonly memorySize: number;
  readonly timeout: number;
}

/** One order, or a few numbers: an order of 256 KiB takes 15 ms of a processor, which are 100 ms; 130 MB. */
const USUAL: Size = { memorySize: 256, timeout: 10 };

const SIZES: Readonly<Record<string, Partial<Size>>> = {
  // A body of 256 KiB: 20 ms of a processor, which are 70 ms with this share of one; 140 MB.
  'submit-order': { memorySize: 512 },
  'replace-order': { memorySize: 512 },
  // 500 orders in 4 MiB: 125 ms of a processor, which are 215 ms with this share; 265 MB.
  'submit-batch': { memorySize: 1024, timeout: 15 },
  // Ten at a time, each two requests to Redis.
  'cancel-orders': { timeout: 29 },
  // 500 changes of stock: 30 KB in, 60 KB out.
  'set-stock': { timeout: 15 },
  // The scarcest of 100,000 SKUs: all of them are held meanwhile.
  'get-stock': { memorySize: 512, timeout: 15 },
  // 100 orders with all their metadata: 17 ms of a processor, which are 60 ms with this share; 140 MB.
  'list-orders': { memorySize: 512 },
  'dead-letters': { memorySize: 512 },
  // 100 orders at a time are held, of 256 KiB at most.
  'dead-letter-reasons': { memorySize: 512, timeout: 29 },
  'redrive-dead-letters': { timeout: 15 },
  me: { timeout: 5 },
  openapi: { timeout: 5 },
  // A week of a drain in each minute is 10,000 records.
  activity: { memorySize: 512, timeout: 20 },
};

/** It has schedules as well, so it stands in `serverless.yml`. */
export const DRAIN = 'drain-queue';

export interface HttpFunction extends Size {
  readonly handler: string;
  readonly description: string;
  readonly events: readonly { readonly httpApi: string }[];
}

/** As `serverless.yml` has functions. */
export function httpFunctions(): Readonly<Record<string, HttpFunction>> {
  const entries = namesOf(() => true).map((name) => {
    const routes = Object.entries(OPERATIONS).filter(
      ([, operation]) => operation.function === name,
    );
    const made = {
      handler: `functions/${name}.handler`,
      description: `${routes[0]?.[1].summary}.`,
      ...{ ...USUAL, ...SIZES[name] },
      events: routes.map(([httpApi]) => ({ httpApi })),
    };
    return [name, made] as const;
  });
  return Object.fromEntries(entries);
}

/** Those that a key without `orders:admin` can call. */
export const forClients = () => namesOf(({ scope }) => scope !== 'orders:admin');

/** Those that only operators can call. */
export const forOperators = () =>
  namesOf(({ scope }) => scope === 'orders:admin').filter((name) => !forClients().includes(name));

function namesOf(isWanted: (operation: Operation) => boolean): string[] {
  const names = Object.values(OPERATIONS)
    .filter(isWanted)
    .map((operation) => operation.function);
  return [...new Set(names)].filter((name) => name !== DRAIN);
}
