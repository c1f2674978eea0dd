import { Redis } from '@upstash/redis';
import type { TestProject } from 'vitest/node';
import * as scripts from '../../lib/store/scripts.ts';
import { startStack } from './stack.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** The redis-server and its REST server that all tests share, each under a prefix of its own. */
    upstash: { readonly url: string; readonly token: string };
  }
}

export default async function setup(project: TestProject) {
  const stack = await startStack();
  // So that what a test sees of requests is not the first one's EVAL.
  const loading = new Redis(stack).pipeline();
  for (const { text } of Object.values<scripts.Script>(scripts)) loading.scriptLoad(text);
  await loading.exec();
  project.provide('upstash', { url: stack.url, token: stack.token });
  return stack.stop;
}
