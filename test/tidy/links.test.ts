import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { ROOT, sourceFiles } from '../support/source-files.ts';

const DOCUMENTS = ['README.md', 'CONTRIBUTING.md', 'SECURITY.md', 'CHANGELOG.md'];
const documents = [
  ...DOCUMENTS.map((file) => ({ path: file, text: readFileSync(`${ROOT}/${file}`, 'utf8') })),
  ...sourceFiles(['docs'], '.md'),
];

const headingsOf = (text: string) =>
  [...text.matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) => heading);

/** What a link can point at: headings as GitHub turns them into anchors, and anchors of their own. */
function anchorsOf(file: string): readonly string[] {
  const text = readFileSync(file, 'utf8');
  const own = [...text.matchAll(/<a id="(.+?)">/g)].map(([, id = '']) => id);
  const slug = (heading: string) =>
    heading
      .toLowerCase()
      .replace(/[^\p{L}\p{N}_ -]/gu, '')
      .replaceAll(' ', '-');
  return [...headingsOf(text).map(slug), ...own];
}

test.each(documents)(
  'every link of $path leads to a file and a heading',
  ({ path: from, text }) => {
    const links = [...text.matchAll(/\]\((?!https?:|mailto:)([^)\s]*)\)/g)];
    const broken = links.filter(([, link = '']) => {
      const [target = '', anchor] = link.split('#');
      const file = target === '' ? from : path.join(path.dirname(from), target);
      if (!existsSync(`${ROOT}/${file}`)) return true;
      return anchor !== undefined && !anchorsOf(`${ROOT}/${file}`).includes(anchor);
    });
    expect(broken.map(([, link]) => link)).toEqual([]);
  },
);

test('a section that the code names by its heading exists', () => {
  const code = sourceFiles(['lib', 'cli', 'deploy', 'local', 'console'], '.ts');
  const named = code.flatMap(({ text }) => [...text.matchAll(/(docs\/[\w-]+\.md), "([^"$]+)"/g)]);
  expect(named.length).toBeGreaterThan(0);
  for (const [, file = '', heading] of named) {
    expect(headingsOf(readFileSync(`${ROOT}/${file}`, 'utf8')), file).toContain(heading);
  }
});
