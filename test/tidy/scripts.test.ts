import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { generatedScripts } from '../../lib/store/generate.ts';
import * as generated from '../../lib/store/scripts.ts';
import { ROOT, sourceFiles } from '../support/source-files.ts';

const scripts = sourceFiles(['lib/store'], '.lua').filter(({ path }) => !path.includes('/shared/'));

test('lib/store/scripts.ts is what `npm run generate` makes of the .lua files', () => {
  expect(readFileSync(`${ROOT}/lib/store/scripts.ts`, 'utf8')).toBe(generatedScripts());
  expect(Object.keys(generated)).toHaveLength(scripts.length);
});

test.each(Object.entries<generated.Script>(generated))(
  '%s carries the flag by which Upstash runs it without the lock of the whole database',
  (_, { text }) => {
    expect(text.split('\n')[0]).toBe('#!lua flags=allow-key-locking');
  },
);

test.each(scripts)('$path begins with its whole contract', ({ path, text }) => {
  const [header = ''] = text.split(']]');
  const name = path.replace(/^.*\/|\.lua$/g, '');
  expect(header).toMatch(new RegExp(`^--\\[\\[\n${name}: `));
  for (const part of ['KEYS[1]', 'ARGV[1]', 'Returns', 'Twice', 'Bills']) {
    expect(header).toContain(part);
  }
  expect(header).toMatch(/^Typical +\d+$/m);
});

test.each(scripts)(
  '$path uses each of the KEYS and ARGV of its contract, and no other',
  ({ text }) => {
    const [header = '', code = ''] = text.split(/\]\]\n/);
    for (const kind of ['KEYS', 'ARGV']) {
      const numbersIn = (part: string, pattern: string) =>
        [...part.matchAll(new RegExp(`${kind}\\[(\\d+)\\]${pattern}`, 'gm'))].map(([, at]) =>
          Number(at),
        );
      const told = numbersIn(header, '');
      const open = numbersIn(header, '(?= and on)');
      const used = numbersIn(code, '');
      // A list is walked through by an index that is computed, or as a whole.
      const isWalked = new RegExp(
        `${kind}\\[[^\\]]*[a-z][^\\]]*\\]|#${kind}|(?:ipairs|unpack)\\(${kind}\\b`,
      ).test(code);
      for (const at of told) {
        const isUsed = used.includes(at) || isWalked;
        expect(isUsed, `${kind}[${at}] is told and not used`).toBe(true);
      }
      for (const at of used) expect(told, `${kind}[${at}] is used and not told`).toContain(at);
      if (open.length > 0) expect(isWalked, `${kind} and on are told and not used`).toBe(true);
    }
  },
);

test.each(scripts)('$path leaves JSON alone, which Lua would change', ({ text }) => {
  expect(text).not.toMatch(/cjson|cmsgpack/);
});
