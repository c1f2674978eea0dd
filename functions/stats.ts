import {
  pauseDocument,
  upcomingDocument,
  upkeepDocument,
} from '../lib/contract/operator-documents.ts';
import { statsQuerySchema } from '../lib/contract/operator-queries.ts';
import type { Stats } from '../lib/contract/operator-schemas.ts';
import { checkedQuery } from '../lib/http/checked-query.ts';
import { json } from '../lib/http/responses.ts';
import { httpFunction } from '../lib/runtime.ts';
import { countOrders } from '../lib/store/count.ts';
import { executedCommands } from '../lib/store/executed-commands.ts';
import { currentPause } from '../lib/store/pause.ts';
import { upcomingOrders } from '../lib/store/upcoming.ts';
import { lastReport } from '../lib/store/upkeep-report.ts';

/** The most clients of whom it is told what is kept. */
const CLIENTS_MAX = 100;

/** GET /stats: 200 with the number of orders in each state; 400 and 503 as problem details. */
export const handler = await httpFunction(({ clock, config, storeForRequests, route }) => {
  const store = storeForRequests();

  return route({ scope: 'orders:admin' }, async (request) => {
    const asked = checkedQuery(request.query, statsQuerySchema);
    if (asked.kind === 'refused') return asked.response;
    const isDetailed = asked.query.detail === 'true';
    const nowMs = clock.now();
    const [all, pause, report, commandsExecuted] = await Promise.all([
      countOrders(store, nowMs),
      currentPause(store),
      isDetailed ? lastReport(store) : undefined,
      isDetailed ? executedCommands(store) : null,
    ]);
    const { clients, approximate, waiting, ...counts } = all;
    const { queueMax, scheduledMax, attemptsMax } = config;
    const deepest = clients.toSorted((one, other) => other.queued - one.queued);
    const upkeep = report === undefined ? null : upkeepDocument(report);
    const upcoming = isDetailed ? await upcomingOrders(store, waiting, nowMs) : undefined;
    return json(200, {
      ...counts,
      approximate: [...approximate],
      ...(pause && { pause: pauseDocument(pause) }),
      ...(upcoming && {
        detail: {
          ...{ queueMax, scheduledMax, attemptsMax },
          wakeIntervalMs: config.wakeIntervalMs || null,
          clients: deepest.slice(0, CLIENTS_MAX),
          upcoming: upcomingDocument(upcoming),
          ...{ commandsExecuted, upkeep },
        },
      }),
    } satisfies Stats);
  });
});
