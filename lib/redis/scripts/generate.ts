/**
 * Writes `lib/redis/scripts.ts` from the `.lua` files beside this one, so that a script reaches
 * esbuild's bundles, vitest and plain Node in one and the same way: as a module.
 * `npm run generate` runs it; a test fails where the two differ.
 */
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';

const here = new URL('.', import.meta.url);

export function generatedScripts(): string {
  const names = readdirSync(here).filter((name) => name.endsWith('.lua'));
  const scripts = names.sort().map((name) => {
    const text = readFileSync(new URL(name, here), 'utf8');
    const sha1 = createHash('sha1').update(text).digest('hex');
    const constant = name.replace('.lua', '').replaceAll('-', '_').toUpperCase();
    return `export const ${constant}: Script = {\n  sha1: '${sha1}',\n  text: ${JSON.stringify(text)},\n};\n`;
  });
  return [
    '// Generated from scripts/*.lua by `npm run generate`. Do not edit.\n',
    'export interface Script {\n  readonly sha1: string;\n  readonly text: string;\n}\n',
    ...scripts,
  ].join('\n');
}

if (import.meta.main) writeFileSync(new URL('../scripts.ts', here), generatedScripts());
