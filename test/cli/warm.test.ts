import { expect, test } from 'vitest';
import { warm } from '../../cli/warm.ts';
import { stayWarm, type WarmUp } from '../../lib/warm.ts';
import { lambdaContext } from '../support/functions.ts';
import { virtualTime } from '../support/virtual-time.ts';

/** Lambda in virtual time: an invocation takes an idle instance, or starts one in half a second. */
function fleetOf(instancesMax: number) {
  const time = virtualTime();
  const idle: string[] = [];
  const startedAtMs: number[] = [];
  async function invoke({ warmUntilMs }: WarmUp) {
    let instance = idle.pop();
    if (instance === undefined) {
      if (startedAtMs.length >= instancesMax) {
        throw Object.assign(new Error('Rate Exceeded.'), { name: 'TooManyRequestsException' });
      }
      startedAtMs.push(time.now());
      instance = `instance-${startedAtMs.length}`;
      await time.sleep(500);
    }
    await time.sleep(Math.max(0, warmUntilMs - time.now()));
    idle.push(instance);
    return { instance };
  }
  return { time, invoke, startedAtMs };
}

test.each([1, 10, 1_000])('%i instances are started, each answering once', async (count) => {
  const { time, invoke, startedAtMs } = fleetOf(count);
  const warming = warm(count, invoke, time);
  await time.run(10_000);
  expect(await warming).toEqual({ asked: count, answered: count, instances: count, failures: {} });
  // Lambda starts 1,000 of a function in ten seconds, and Secrets Manager is read once by each.
  const inFirstSecond = startedAtMs.filter((atMs) => atMs < 1_000).length;
  expect(inFirstSecond).toBeLessThanOrEqual(Math.max(1, Math.ceil(count / 6)));
});

test('what the account refuses is counted by its reason', async () => {
  const { time, invoke } = fleetOf(7);
  const warming = warm(10, invoke, time);
  await time.run(10_000);
  expect(await warming).toEqual({
    asked: 10,
    answered: 7,
    instances: 7,
    failures: { TooManyRequestsException: 3 },
  });
});

test('an instance stays busy until it is told, and never past its own time', async () => {
  const time = virtualTime();
  const context = { ...lambdaContext(), getRemainingTimeInMillis: () => 10_000 - time.now() };
  const endedAtMs: number[] = [];
  const stay = async (warmUntilMs: number) => {
    await stayWarm({ warmUntilMs }, context, time);
    endedAtMs.push(time.now());
  };
  void stay(2_000);
  void stay(60_000);
  await time.run(20_000);
  expect(endedAtMs).toEqual([2_000, 9_000]);
});
