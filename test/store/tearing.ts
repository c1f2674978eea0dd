import { afterAll, beforeEach } from 'vitest';
import { startStack } from '../support/stack.ts';

/** A stack for one test file, and what makes the service fail in the middle of a script. */
export async function tearableStack() {
  const stack = await startStack();
  afterAll(stack.stop);
  beforeEach(() => {
    stack.rules.failure = undefined;
  });

  /** The n-th command of a script fails, once or with all that come after it. */
  function tear(script: { sha1: string }, command: number, andLater = true, times = 1) {
    const error = 'requestsUsedUp' as const;
    stack.rules.failure = { error, of: 'script', command, andLater, script: script.sha1, times };
  }

  return { stack, tear };
}
