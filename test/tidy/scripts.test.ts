import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { generatedScripts } from '../../lib/redis/scripts/generate.ts';
import { ROOT, sourceFiles } from '../support/source-files.ts';

const scripts = sourceFiles(['lib/redis/scripts'], '.lua');

test('lib/redis/scripts.ts is what `npm run generate` makes of the .lua files', () => {
  expect(readFileSync(`${ROOT}/lib/redis/scripts.ts`, 'utf8')).toBe(generatedScripts());
});

test.each(scripts)('$path begins with its whole contract', ({ path, text }) => {
  const [header = ''] = text.split(']]');
  const name = path.replace(/^.*\/|\.lua$/g, '');
  expect(header).toMatch(new RegExp(`^--\\[\\[\n${name}: `));
  for (const part of ['KEYS[1]', 'Returns', 'Twice', 'Bills']) expect(header).toContain(part);
});

test.each(scripts)('$path uses each of the KEYS and ARGV of its contract', ({ text }) => {
  const [header = '', code = ''] = text.split(/\]\]\n/);
  for (const [, name] of header.matchAll(/^((?:KEYS|ARGV)\[\d+\])(?! and on)/gm)) {
    expect(code).toContain(name);
  }
});

test.each(scripts)('$path leaves JSON alone, which Lua would change', ({ text }) => {
  expect(text).not.toMatch(/cjson|cmsgpack/);
});
