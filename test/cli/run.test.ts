import { spawnSync } from 'node:child_process';
import { expect, test } from 'vitest';

/** Runs `npm run sluice` as it is when Node.js has another version. */
function runOn(version: string) {
  const pretend = `Object.defineProperty(process, 'versions', { value: { node: '${version}' } })`;
  const args = ['--import', `data:text/javascript,${pretend}`, 'run.js', 'cli/sluice.ts', '--help'];
  return spawnSync(process.execPath, args, { encoding: 'utf8' });
}

test('an older Node.js is told what is missing in one sentence', () => {
  const { status, stderr, stdout } = runOn('20.20.2');
  expect({ status, stdout }).toEqual({ status: 1, stdout: '' });
  expect(stderr).toMatch(/^Sluice needs Node\.js 24 and found 20\.20\.2: .*npm rebuild node.*\n$/);
});

test('a Node.js that is new enough runs the command', () => {
  expect(runOn('24.0.0')).toMatchObject({ status: 0, stdout: expect.stringMatching(/^Usage:/) });
});
