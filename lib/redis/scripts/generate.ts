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
    const text = counting(withoutComments(readFileSync(new URL(name, here), 'utf8')));
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

/**
 * Comments and indentation, a third of each script, are for who reads its file. Lines stay: Redis
 * names them in its errors.
 */
function withoutComments(text: string): string {
  return text.replace(/^--\[\[.*?\]\]/s, emptied).replace(/^ *(?:--.*)?/gm, '');
}

function emptied(text: string): string {
  return text.replace(/[^\n]/g, '');
}

/**
 * Has a script count the commands that it executes, as each of them is billed: the count is the last
 * item of its answer, which `run-script.ts` takes off. An error that is returned stays as it is: Redis
 * documents it as a table with that one field.
 */
function counting(text: string): string {
  const counted = text.replace(/\bredis\.(p?call)\(/g, 'counted().$1(');
  return [
    'local executed = 0 ',
    'local function counted() executed = executed + 1 return redis end ',
    `local function script() ${counted}end\n`,
    'local answer = script()\n',
    'if not answer.err then answer[#answer + 1] = executed end\n',
    'return answer\n',
  ].join('');
}

if (import.meta.main) writeFileSync(new URL('../scripts.ts', here), generatedScripts());
