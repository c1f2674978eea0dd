import { expect, test } from 'vitest';
import { type Second, startFleet } from './storm.ts';

const MINUTE_MS = 60_000;
const RUSH_S = 20;

/** The worst share of a second that was answered otherwise than with 503, from second 2 on. */
function worstOf(seconds: readonly Second[]): number {
  const shares = seconds.slice(2).map(({ requests, unavailable }) => 1 - unavailable / requests);
  return Math.min(...shares);
}

/** Two rushes, six minutes apart: by then what every instance knows is too old. */
async function twoWaves(quota: number) {
  let seed = 1;
  const random = () => {
    seed = (seed * 48_271) % 2_147_483_647;
    return seed / 2_147_483_647;
  };
  const fleet = startFleet({ quota, random });
  const first = await fleet.rush(RUSH_S);
  await fleet.time.run(6 * MINUTE_MS);
  const second = await fleet.rush(RUSH_S);
  return { first, second, instances: fleet.instances() };
}

test('a thousand instances start at once, twice, on the quota of Secrets Manager', async () => {
  const { first, second, instances } = await twoWaves(10_000);
  expect(instances).toBe(1_000);
  expect(worstOf(first)).toBeGreaterThanOrEqual(0.99);
  expect(worstOf(second)).toBeGreaterThanOrEqual(0.99);
});

test('a quota of 40, as the Parameter Store has, would fail the first rush but not the second', async () => {
  const { first, second } = await twoWaves(40);
  expect(worstOf(first)).toBeLessThan(0.9);
  expect(worstOf(second)).toBeGreaterThanOrEqual(0.99);
});
