import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type LocalStack, startStack } from '../../local/stack.ts';
import { ROOT } from '../support/source-files.ts';

const run = promisify(execFile);

let stack: LocalStack;
beforeAll(async () => {
  // The schedule could otherwise produce the order before a command cancels it.
  stack = await startStack({ port: 0, isScheduled: false, onLog: () => undefined });
}, 60_000);
afterAll(() => stack.stop());

/** The curl commands of a document, in its order. */
function commandsIn(file: string): string[] {
  const blocks = readFileSync(`${ROOT}/${file}`, 'utf8').matchAll(
    /^ *```sh\n( *curl [\s\S]*?)```/gm,
  );
  return [...blocks].flatMap(([, block = '']) => block.split(/^(?= *curl )/m));
}

test.each([
  ['README.md', [202, 200, 200]],
  ['docs/api.md', [200, 202, ...Array(9).fill(200), 409, 204, 202, 200, 200, 200]],
])('the curl commands of %s do what it says', async (file, expected) => {
  const answers: number[] = [];
  let id = '';
  for (const command of commandsIn(file)) {
    const here = command.replaceAll('http://localhost:3000', stack.url).replaceAll('ord_…', id);
    const script = here.replace('curl ', "curl -s -w '\\n%{http_code}' ");
    const { stdout } = await run('bash', ['-c', script]);
    answers.push(Number(stdout.split('\n').at(-1)));
    if (id === '') id = /ord_[0-9a-v]{32}/.exec(stdout)?.[0] ?? '';
  }
  expect(answers).toEqual(expected);
});
