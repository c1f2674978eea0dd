import type { Outlook } from './forecast.ts';
import type { Situation } from './situation.ts';

/** What the forecast goes by. */
export function outlookOf({ nowMs, stats, detail, pace }: Situation): Outlook {
  const { pause, queued, producing } = stats;
  return {
    ...{ nowMs, ...pace },
    waiting: queued + producing,
    due: (detail?.upcoming.due ?? []).map(({ at, scheduled, retries, unread }) => ({
      atMs: Date.parse(at),
      orders: scheduled + retries + unread,
    })),
    ...(pause && { pausedUntilMs: Date.parse(pause.until) }),
  };
}
