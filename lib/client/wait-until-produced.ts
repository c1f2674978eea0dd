import type { OrderDocument } from '../contract/schemas.ts';
import type { Platform } from './platform.ts';

/** How the wait for an order ended. */
export type Waited =
  | { readonly kind: 'produced'; readonly order: OrderDocument }
  /** It is not retried until somebody redrives it. */
  | { readonly kind: 'dead'; readonly order: OrderDocument }
  | { readonly kind: 'canceled'; readonly order: OrderDocument }
  /** Time is up, and none of these has happened. */
  | { readonly kind: 'timeout'; readonly order: OrderDocument };

export interface WaitOptions {
  /** Ends the wait when it aborts. */
  readonly signal?: AbortSignal;
  /** How long to wait, milliseconds; 10 minutes by default. */
  readonly timeoutMs?: number;
}

/** An order as it was read, and its ETag. */
export interface ReadOrder {
  readonly order: OrderDocument;
  readonly etag: string | undefined;
}

const TIMEOUT_MS = 10 * 60 * 1000;
/** When time is up there is one last look, which may take this long. */
const LAST_LOOK_MS = 5 * 1000;
const PAUSE_MS_BASE = 500;
/** A drain starts every minute. */
const PAUSE_MS_MAX = 10 * 1000;
const PAUSE_GROWTH = 1.5;

/**
 * Polls an order, at growing intervals, until it has ended or time is up.
 *
 * @param look  reads the order; gets its previous result, and how long it may take
 */
export async function waitUntilProduced(
  look: (known: ReadOrder | undefined, timeoutMs: number) => Promise<ReadOrder>,
  { clock, sleep, random }: Platform,
  { signal, timeoutMs = TIMEOUT_MS }: WaitOptions,
): Promise<Waited> {
  const endMs = clock.now() + timeoutMs;
  let known: ReadOrder | undefined;
  for (let looks = 1; ; looks += 1) {
    known = await look(known, Math.max(endMs - clock.now(), LAST_LOOK_MS));
    const { order } = known;
    const { status } = order;
    if (status === 'produced' || status === 'dead' || status === 'canceled') {
      return { kind: status, order };
    }
    const leftMs = endMs - clock.now();
    if (leftMs <= 0) return { kind: 'timeout', order };
    await sleep(Math.min(leftMs, pauseMs(looks, random())), signal);
  }
}

/** Between half and all of a ceiling that grows. */
function pauseMs(looks: number, random: number): number {
  const ceilingMs = Math.min(PAUSE_MS_MAX, PAUSE_MS_BASE * PAUSE_GROWTH ** (looks - 1));
  return Math.ceil(ceilingMs * (0.5 + random / 2));
}
