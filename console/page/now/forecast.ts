/** When the queue is empty, at the rates of the last minutes. */
export type Forecast =
  | { readonly kind: 'empty' }
  /** Drains have had too little to do to tell how fast they are. */
  | { readonly kind: 'unknown' }
  | { readonly kind: 'clear'; readonly atMs: number }
  | {
      readonly kind: 'never';
      /** How many more come than go. */
      readonly perMinute: number;
      /** When it would be clear if no order came from now on. */
      readonly withoutIntakeAtMs?: number;
    };

export interface Outlook {
  readonly nowMs: number;
  readonly waiting: number;
  readonly inPerMinute: number;
  readonly outPerMinute: number;
  readonly busyMinutes: number;
  /** Orders that are known to become ready later: scheduled, to be retried, put back at a pace. */
  readonly due: readonly { readonly atMs: number; readonly orders: number }[];
  /** Nothing goes out before then. */
  readonly pausedUntilMs?: number;
}

const BUSY_MINUTES_MIN = 3;
const MIN = 60_000;
/** The rates of a few minutes say nothing about tomorrow. */
const MINUTES_MAX = 24 * 60;

export function forecastOf(outlook: Outlook): Forecast {
  const { waiting, busyMinutes, inPerMinute, outPerMinute } = outlook;
  if (waiting === 0) return { kind: 'empty' };
  if (busyMinutes < BUSY_MINUTES_MIN || outPerMinute === 0) return { kind: 'unknown' };
  const atMs = clearAt(outlook);
  if (atMs !== undefined) return { kind: 'clear', atMs };
  const withoutIntakeAtMs = clearAt({ ...outlook, inPerMinute: 0 });
  const perMinute = inPerMinute - outPerMinute;
  return {
    kind: 'never',
    perMinute,
    ...(withoutIntakeAtMs !== undefined && { withoutIntakeAtMs }),
  };
}

/** How many wait at the end of each minute to come; none if there is no forecast. */
export function pathOf(outlook: Outlook, minutes: number): readonly number[] {
  if (outlook.busyMinutes < BUSY_MINUTES_MIN) return [];
  return [...minutesOf(outlook, minutes)].map(({ waiting, change }) =>
    Math.max(0, waiting + change),
  );
}

function clearAt(outlook: Outlook): number | undefined {
  for (const { fromMs, waiting, change, running } of minutesOf(outlook, MINUTES_MAX)) {
    // While drains rest, the minute only begins to count when they go on.
    const partMs = running * MIN;
    if (waiting + change <= 0)
      return fromMs + MIN - partMs + partMs * Math.min(1, waiting / -change);
  }
  return undefined;
}

/** Minute by minute, as what is due comes at its own time. */
function* minutesOf(outlook: Outlook, minutes: number) {
  const { nowMs, inPerMinute, outPerMinute, due, pausedUntilMs = nowMs } = outlook;
  let { waiting } = outlook;
  for (let minute = 0; minute < minutes; minute += 1) {
    const [fromMs, toMs] = [nowMs + minute * MIN, nowMs + (minute + 1) * MIN];
    const running = Math.min(1, Math.max(0, (toMs - Math.max(fromMs, pausedUntilMs)) / MIN));
    const comes = due
      .filter(({ atMs }) => atMs > fromMs && atMs <= toMs)
      .reduce((sum, { orders }) => sum + orders, 0);
    const change = inPerMinute + comes - outPerMinute * running;
    yield { fromMs, waiting, change, running };
    waiting = Math.max(0, waiting + change);
  }
}
