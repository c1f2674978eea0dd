import path from 'node:path';
import { expect, test } from 'vitest';
import { sourceFiles } from '../support/source-files.ts';

const files = [
  ...sourceFiles(
    ['lib', 'functions', 'cli', 'console', 'deploy', 'local', 'examples', 'bench'],
    '.ts',
  ),
  ...sourceFiles(['console'], '.tsx'),
];

test('the page of the console takes types from lib, and no code', () => {
  const page = files.filter(({ path: file }) => file.startsWith('console/page/'));
  expect(page.length).toBeGreaterThan(30);
  for (const { path: file, text } of page) {
    const code = [...text.matchAll(/^import (?!type )[^;]*'([^']+)';/gms)].map(([, from]) => from);
    expect(
      code.filter((from) => from?.includes('/lib/')),
      file,
    ).toEqual([]);
  }
});

test('orders are pure: no clock, no chance, no environment, no I/O', () => {
  for (const { path: file, text } of files.filter(({ path }) => path.startsWith('lib/orders/'))) {
    expect(text, file).not.toMatch(/Date\.now|Math\.random|process\.|node:(?!crypto)|fetch\(/);
  }
});

test('no file only hands on what others export', () => {
  for (const { path: file, text } of files) {
    expect(text, file).not.toMatch(/^export \* from/m);
    expect(path.basename(file), file).not.toMatch(/^(index|utils?|helpers?|misc)\.ts$/);
  }
});
