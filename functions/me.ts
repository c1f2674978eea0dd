import type { Me } from '../lib/contract/schemas.ts';
import { isAdmin } from '../lib/http/authenticate.ts';
import { json } from '../lib/http/responses.ts';
import { clientLimitsOf } from '../lib/intake/client-limits.ts';
import { BATCH_BYTES_MAX, BATCH_ORDERS_MAX, ORDER_BYTES_MAX } from '../lib/orders/batch.ts';
import { LINES_MAX } from '../lib/orders/rules.ts';
import { httpFunction } from '../lib/runtime.ts';
import manifest from '../package.json' with { type: 'json' };

/** GET /me: 200 with who calls and what they may do, for any valid key. */
export const handler = await httpFunction(
  ({ config, route }) => {
    const limitsOf = clientLimitsOf(config);
    return route({ scope: 'any' }, async ({ caller }) => {
      const own = limitsOf(caller.client);
      const isLimited = own.ordersPerMinute > 0 && !isAdmin(caller);
      return json(200, {
        client: caller.client,
        scopes: [...caller.scopes],
        stage: config.stage,
        version: manifest.version,
        limits: {
          ordersPerMinute: isLimited ? own.ordersPerMinute : null,
          queuedOrders: own.queued,
          scheduledOrders: own.scheduled,
          storedBytes: Math.floor(own.bytes),
          orderBytes: ORDER_BYTES_MAX,
          orderLines: LINES_MAX,
          batchBytes: BATCH_BYTES_MAX,
          batchOrders: BATCH_ORDERS_MAX,
          retentionDays: config.retentionDays,
        },
      } satisfies Me);
    });
  },
  { redis: false },
);
