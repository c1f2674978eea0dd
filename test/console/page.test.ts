import { gzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { buildPage } from '../../console/server/page.ts';

const GZIP_BYTES_MAX = 60 * 1024;

test('all of the page is at most 60 KB gzipped, and asks no other host for anything', async () => {
  const files = await buildPage();
  const bytes = [...files.values()].reduce((sum, file) => sum + gzipSync(file.bytes).length, 0);
  expect(bytes).toBeLessThan(GZIP_BYTES_MAX);
  expect([...files.keys()]).toEqual(['/', '/icon.svg', '/console.js', '/console.css']);
  const html = Buffer.from(files.get('/')?.bytes ?? []).toString();
  expect(html).not.toMatch(/https?:|style=|<script(?! type="module" src="\/console\.js")/);
});
