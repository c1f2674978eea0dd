import { setTimeout as wait } from 'node:timers/promises';
import type { Store } from '../../lib/store/connection.ts';
import { pauseDrains, resumeDrains } from '../../lib/store/pause.ts';

const EVERY_MS_MAX = 4_000;
const PAUSE_MS = 1_000;

export type StopPausing = () => Promise<void>;

/**
 * Pauses the drains now and then, and has them go on before the pause ends, or not.
 *
 * @returns ends it, and the last pause: the drains that heal all of it are counted
 */
export function pauseNowAndThen(store: Store, chance: () => number): StopPausing {
  const ending = new AbortController();
  const pausing = (async () => {
    for (;;) {
      await wait(chance() * EVERY_MS_MAX, undefined, { signal: ending.signal });
      // Redis may be dead just then: what was paused of it ends by itself.
      await pauseDrains(store, { by: 'chaos', forMs: PAUSE_MS }, Date.now()).catch(() => undefined);
      if (chance() < 0.5) await resumeDrains(store).catch(() => undefined);
    }
  })().catch(() => undefined);
  return async () => {
    ending.abort();
    await pausing;
    await resumeDrains(store).catch(() => undefined);
  };
}
