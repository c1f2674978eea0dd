import type { Situation } from './situation.ts';

/** How far the deepest queue is from the depth at which its client is refused. */
export interface Gauge {
  /** 1 is full. */
  readonly share: number;
  readonly client: string;
  readonly queued: number;
  readonly max: number;
  /** When it is full at this rate; missing where it does not fill. */
  readonly fullAtMs?: number;
}

const MIN = 60_000;
/** A rate of minutes says nothing of what is days away. */
const FULL_MS_MAX = 3 * 24 * 60 * MIN;

/** @returns undefined while the limit is not known, or nobody has a queue */
export function gaugeOf({ detail, pace, nowMs }: Situation): Gauge | undefined {
  const [deepest] = detail?.clients ?? [];
  if (detail === undefined || deepest === undefined) return undefined;
  const { client, queued } = deepest;
  const { queueMax: max } = detail;
  const gauge = { share: queued / max, client, queued, max };
  const perMinute = pace.inPerMinute - pace.outPerMinute;
  const leftMs = (Math.max(0, max - queued) / perMinute) * MIN;
  if (perMinute <= 0 || leftMs > FULL_MS_MAX) return gauge;
  return { ...gauge, fullAtMs: nowMs + leftMs };
}
