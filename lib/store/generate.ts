/**
 * Writes `lib/store/scripts.ts` from the `.lua` files beside it, so that a script reaches esbuild's
 * bundles, vitest and plain Node in the same way: as a module. `npm run generate` runs it; a test
 * fails when the two differ.
 */
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';

const here = new URL('.', import.meta.url);

/**
 * Lets Upstash run a script without the lock of the whole database, as it then declares every key.
 * @see https://upstash.com/docs/redis/features/key-locking
 */
const FLAGS = '#!lua flags=allow-key-locking';

export function generatedScripts(): string {
  const names = readdirSync(here).filter((name) => name.endsWith('.lua'));
  const scripts = names.sort().map((name) => {
    const source = readFileSync(new URL(name, here), 'utf8');
    const text = `${FLAGS}\n${withoutSpaces(counted(withShared(withoutComments(source))))}`;
    const sha1 = createHash('sha1').update(text).digest('hex');
    const constant = name.replace('.lua', '').replaceAll('-', '_').toUpperCase();
    return `export const ${constant}: Script = {\n  sha1: '${sha1}',\n  text: ${JSON.stringify(text)},\n};\n`;
  });
  return [
    '// Generated from *.lua by `npm run generate`. Do not edit.\n',
    `export interface Script {
  readonly sha1: string;
  readonly text: string;
}
`,
    ...scripts,
  ].join('\n');
}

/** Comments and indentation are for readers of the file. Lines stay: Redis names them in its errors. */
function withoutComments(text: string): string {
  return text.replace(/^--\[\[.*?\]\]/s, emptied).replace(/^ *(?:--.*)?/gm, '');
}

/**
 * A function that several scripts need is spelled once, in `shared/`: `require` puts it there, on one line,
 * so that the lines of a script are those of its file.
 */
function withShared(script: string): string {
  return script.replace(/require '(shared\/[a-z-]+)'/g, (_, name: string) => {
    const shared = readFileSync(new URL(`${name}.lua`, here), 'utf8');
    const text = withShared(withoutComments(shared)).trim();
    return `(function() ${text.replace(/\n+/g, ' ')} end)()`;
  });
}

/**
 * Has a script count what it calls, as each call is billed. The count, with the call of the script itself,
 * is put behind its answer, which is a list. What is added stands in the lines that are there.
 */
function counted(script: string): string {
  const body = script.replace(/\bredis\.(p?call)\((\.\.\.|'\w+'|\w+)/g, 'redis.$1(bill($2)');
  const head = 'local billed = 1 local function bill(...) billed = billed + 1 return ... end';
  const tail = 'local answer = run() answer[#answer + 1] = billed return answer';
  return `${head} local function run() ${body.trimEnd()} end ${tail}\n`;
}

/** Spaces that Lua does not need, so that bundles are smaller; those within strings stay. */
function withoutSpaces(script: string): string {
  return script.replace(
    /'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*"| *([=,(){}<>~+*#]) */g,
    (found, sign: string | undefined) => sign ?? found,
  );
}

function emptied(text: string): string {
  return text.replace(/[^\n]/g, '');
}

if (import.meta.main) writeFileSync(new URL('scripts.ts', here), generatedScripts());
