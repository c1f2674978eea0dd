import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { expect, test } from 'vitest';
import { ROOT } from '../support/source-files.ts';
import { readPatches } from './patches.ts';

// Whether each is caught is for `npm run planted` to show.
test.each(readPatches())('$name says what it does, and can be planted', (patch) => {
  expect(patch.sentence).toMatch(/^[A-Z].*\.$/);
  expect(existsSync(`${ROOT}/${patch.test}`), patch.test).toBe(true);
  execFileSync('git', ['apply', '--check', patch.path], { cwd: ROOT });
});
