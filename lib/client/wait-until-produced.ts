import type { OrderDocument } from '../contract/schemas.ts';
import type { Surroundings } from './surroundings.ts';

/** How the waiting for an order ended. */
export type Waited =
  | { readonly kind: 'produced'; readonly order: OrderDocument }
  /** Not retried by itself: somebody has to redrive it. */
  | { readonly kind: 'dead'; readonly order: OrderDocument }
  | { readonly kind: 'canceled'; readonly order: OrderDocument }
  /** The time is up, and none of these has happened yet. */
  | { readonly kind: 'timeout'; readonly order: OrderDocument };

export interface WaitOptions {
  /** Ends the waiting when it aborts. */
  readonly signal?: AbortSignal;
  /** How long to wait, milliseconds; 10 minutes where nothing is said. */
  readonly timeoutMs?: number;
}

/** An order as it was read, and the tag of that state. */
export interface ReadOrder {
  readonly order: OrderDocument;
  readonly etag: string | undefined;
}

const TIMEOUT_MS = 10 * 60 * 1000;
/** The last look at the order begins when the time is up, and may take as long as this. */
const LAST_LOOK_MS = 5 * 1000;
const PAUSE_MS_BASE = 500;
/** A drain begins each minute. */
const PAUSE_MS_MAX = 10 * 1000;
const PAUSE_GROWTH = 1.5;

/**
 * Looks at an order again and again, at pauses that grow, until it has ended or the time is up.
 *
 * @param look  reads the order; gets what it answered before, and how long it may take
 */
export async function waitUntilProduced(
  look: (known: ReadOrder | undefined, timeoutMs: number) => Promise<ReadOrder>,
  { clock, sleep, random }: Surroundings,
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

/** Between half of a ceiling that grows and all of it. */
function pauseMs(looks: number, random: number): number {
  const ceilingMs = Math.min(PAUSE_MS_MAX, PAUSE_MS_BASE * PAUSE_GROWTH ** (looks - 1));
  return Math.ceil(ceilingMs * (0.5 + random / 2));
}
