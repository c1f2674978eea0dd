import { expect } from 'vitest';
import { billedCommands } from '../../lib/store/billed-commands.ts';
import { OPERATIONS } from '../store/operations.ts';
import { faultyProxy } from '../support/faulty-proxy.ts';
import { startStack } from '../support/stack.ts';
import { freshStore } from '../support/store.ts';

/** A Redis and a service of its own, as they count what all their clients do; the proxy counts requests. */
export async function measuredStack() {
  const stack = await startStack();
  const proxy = await faultyProxy(stack, () => 'pass');

  async function counted() {
    const reply = await stack.admin('INFO', 'commandstats');
    const text = reply?.kind === 'bulk' ? reply.bytes.toString() : expect.fail();
    return {
      redis: billedCommands(text),
      service: stack.usage.billedCommands,
      requests: proxy.seen(),
    };
  }

  // Redis has the scripts after that, as it does but for the first seconds after it was made.
  for (const { prepare } of Object.values(OPERATIONS)) {
    const store = freshStore(stack);
    await (await prepare(store)).call(store);
  }
  return {
    stack,
    proxy,
    /** What the service bills for some work, and how many requests that takes. */
    async costOf(work: () => Promise<unknown>) {
      const before = await counted();
      await work();
      const after = await counted();
      // The local server counts what Redis executes, inside of scripts too.
      expect(after.service - before.service).toBe(after.redis - before.redis);
      return { billed: after.redis - before.redis, requests: after.requests - before.requests };
    },
    async stop() {
      await proxy[Symbol.asyncDispose]();
      await stack.stop();
    },
  };
}
