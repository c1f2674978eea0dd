import type { Outlook } from './forecast.ts';
import type { Situation } from './situation.ts';

/** What the forecast goes by. */
export function outlookOf({ nowMs, stats, pace }: Situation): Outlook {
  const { pause, queued, producing } = stats;
  return {
    ...{ nowMs, ...pace },
    waiting: queued + producing,
    due: [],
    ...(pause && { pausedUntilMs: Date.parse(pause.until) }),
  };
}
