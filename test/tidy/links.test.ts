import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { ROOT } from '../support/source-files.ts';

const documents = ['.', 'docs', 'docs/producers'].flatMap((dir) =>
  readdirSync(`${ROOT}/${dir}`)
    .filter((name) => name.endsWith('.md'))
    .map((name) => path.join(dir, name)),
);

/** The anchors of a document's headings, as GitHub makes them. */
function anchorsOf(file: string): string[] {
  const headings = readFileSync(`${ROOT}/${file}`, 'utf8').matchAll(/^#+ (.+)$/gm);
  return [...headings].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replace(/[^\p{L}\p{N}_ -]/gu, '')
      .replaceAll(' ', '-'),
  );
}

test.each(documents)('every link of %s leads to a file, and to one of its headings', (document) => {
  const text = readFileSync(`${ROOT}/${document}`, 'utf8');
  const links = text.matchAll(/(?:\]\(|(?:src|srcset)=")(?!https?:)([^)"\s]+)/g);
  const broken = [...links].flatMap(([, link = '']) => {
    const [name = '', anchor] = link.split('#');
    const file = name === '' ? document : path.join(path.dirname(document), name);
    if (!existsSync(`${ROOT}/${file}`)) return [link];
    return anchor === undefined || anchorsOf(file).includes(anchor) ? [] : [link];
  });
  expect(broken).toEqual([]);
});
