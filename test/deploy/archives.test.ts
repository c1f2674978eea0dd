import { createHash } from 'node:crypto';
import { expect, test } from 'vitest';
import { FUNCTIONS } from '../support/source-files.ts';
import { packaged } from './packaging.ts';
import { VARIANTS } from './variants.ts';

test('the archives are the same bytes from build to build, wherever and by whomever they are built', async () => {
  const { env } = VARIANTS['as it comes'];
  const again = await packaged(env, { subdir: 'in/another/folder', umask: '077' });
  const digests = (zips: ReadonlyMap<string, Uint8Array>) =>
    [...zips].map(([name, zip]) => [name, createHash('sha256').update(zip).digest('hex')]);
  const { zips } = await packaged(env);
  expect(digests(zips)).toHaveLength(FUNCTIONS.length);
  expect(digests(again.zips)).toEqual(digests(zips));
  // The time of the first file of an archive, and its date, as MS-DOS has them: 1980.
  for (const zip of zips.values()) expect([...zip.subarray(10, 14)]).toEqual([0, 0, 0x21, 0]);
}, 240_000);
