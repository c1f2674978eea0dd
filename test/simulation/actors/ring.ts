import { drainsBetween } from '../../../lib/store/activity.ts';
import { Violation } from '../violation.ts';
import type { World } from '../world.ts';
import { act } from './operators.ts';

/** Less than the week that the ring goes back. */
const RING_MS = 6 * 86_400_000;
const COUNTED = ['claimed', 'produced', 'retried', 'dead'] as const;

/** Since all is well each drain that has come to its end has left one record of what it did, no more and no less. */
export function checkRing(world: World, healedAtMs: number): Promise<void> {
  return act(world, 'ring', async (store, nowMs) => {
    const fromMs = Math.max(healedAtMs, nowMs - RING_MS);
    if (world.plan.clocks !== 'exact') return;
    const { drains } = await drainsBetween(store, fromMs, nowMs);
    const did = world.model.drained.filter(({ atMs, claimed }) => atMs >= fromMs && claimed > 0);
    const sums = (all: readonly Readonly<Record<(typeof COUNTED)[number], number>>[]) =>
      `${all.length} drains: ${COUNTED.map((name) => all.reduce((sum, one) => sum + one[name], 0))}`;
    if (sums(drains) !== sums(did))
      throw new Violation(`the ring tells of ${sums(drains)}, where there were ${sums(did)}`);
  });
}
