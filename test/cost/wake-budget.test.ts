import { beforeAll, expect, test } from 'vitest';
import { billedCommands } from '../../local/billed-commands.ts';
import { deploy } from '../http/deployment.ts';
import { lambdaContext } from '../support/functions.ts';
import { orderBody } from '../support/orders.ts';
import { pretendServer } from '../support/pretend-server.ts';
import { startStack } from '../support/stack.ts';
import { freshStore } from '../support/store.ts';

// A server of its own: Redis counts what all its clients do.
const stack = await startStack();
const { redis } = freshStore(stack);
beforeAll(() => () => stack.stop());

async function billedFor(work: () => Promise<unknown>): Promise<number> {
  const count = async () => billedCommands(await redis.exec<string>(['INFO', 'commandstats']));
  const before = await count();
  await work();
  return (await count()) - before;
}

test('waking costs a command where the queue was empty, a second look two, and a last claim three', async () => {
  // Redis has the scripts after that.
  const warmUp = await deploy(stack);
  await warmUp.submit(orderBody());
  await warmUp.schedule({ slot: 0 }, lambdaContext(60_000));

  const lambda = await pretendServer(() => ({ status: 202 }));
  const api = await deploy(stack, {
    SLUICE_WAKE_INTERVAL_MS: '100',
    SLUICE_DRAIN_FUNCTION: 'drain',
    AWS_ENDPOINT_URL_LAMBDA: lambda.url.href,
  });
  const drain = (event: object) => api.schedule(event, lambdaContext(60_000));
  expect(await billedFor(() => api.submit(orderBody()))).toBe(5);
  expect(await billedFor(() => api.submit(orderBody()))).toBe(4);
  await drain({ slot: 0 });
  expect(await billedFor(() => drain({ slot: 0, isWoken: true }))).toBe(7 + 2);

  // And a last claim that is empty, as what comes meanwhile wakes nobody.
  await warmUp.submit(orderBody());
  const alone = await billedFor(() => warmUp.schedule({ slot: 0 }, lambdaContext(60_000)));
  await api.submit(orderBody());
  expect(await billedFor(() => drain({ slot: 0 }))).toBe(alone + 3);
});
