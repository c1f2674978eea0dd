import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type LocalStack, startStack } from '../../local/stack.ts';
import { ROOT } from '../support/source-files.ts';

const run = promisify(execFile);

let stack: LocalStack;
beforeAll(async () => {
  // The schedule would else produce, at some minute, the order that the fifth call cancels.
  stack = await startStack({ port: 0, isScheduled: false, onLog: () => undefined });
}, 60_000);
afterAll(() => stack.stop());

/** The README's curl commands, in its order. */
const CALLS = [
  ...readFileSync(`${ROOT}/README.md`, 'utf8').matchAll(/^ *```sh\n( *curl [\s\S]*?)```/gm),
].map(([, command = '']) => command);

/** What each answers when they are made one after the other. */
const EXPECTED = [202, 200, 200, 200, 200, 200, 200, 200, 409, 202];

test('the ten calls of the README do what it says', async () => {
  const answers: number[] = [];
  let id = '';
  for (const command of CALLS) {
    const here = command.replaceAll('http://localhost:3000', stack.url).replaceAll('ord_…', id);
    const script = here.replace('curl ', "curl -s -w '\\n%{http_code}' ");
    const { stdout } = await run('bash', ['-c', script]);
    answers.push(Number(stdout.split('\n').at(-1)));
    if (id === '') id = /ord_[0-9a-v]{32}/.exec(stdout)?.[0] ?? '';
  }
  expect(answers).toEqual(EXPECTED);
});
