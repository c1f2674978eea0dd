import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { expect, test } from 'vitest';
import { ROOT } from '../support/source-files.ts';
import { readPatches } from './patches.ts';

const patches = readPatches();

test('there are at least 20 bugs to plant', () => {
  expect(patches.length).toBeGreaterThanOrEqual(20);
});

// Whether each is caught is for `npm run planted` to show.
test.each(patches)('$name says what it does, and can be planted', ({ sentence, tests, path }) => {
  expect(sentence).toMatch(/^[A-Z].*\.$/);
  expect(tests.length).toBeGreaterThan(0);
  for (const file of tests) expect(existsSync(`${ROOT}/${file}`), file).toBe(true);
  execFileSync('git', ['apply', '--check', path], { cwd: ROOT });
});
