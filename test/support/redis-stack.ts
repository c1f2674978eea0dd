import type { TestProject } from 'vitest/node';
import { startStack } from './stack.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** The redis-server and its REST server that all tests share, each under a prefix of its own. */
    upstash: { readonly url: string; readonly token: string };
  }
}

export default async function setup(project: TestProject) {
  const stack = await startStack();
  project.provide('upstash', { url: stack.url, token: stack.token });
  return stack.stop;
}
