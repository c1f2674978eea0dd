import { expect, test } from 'vitest';
import { type SourceFile, sourceFiles } from '../support/source-files.ts';

const FILE_LINES_MAX = 240;
const FUNCTION_FILE_LINES_MAX = 70;

const bundled = sourceFiles(['lib', 'functions'], '.ts');
const all = [
  ...bundled,
  ...sourceFiles(['cli', 'console', 'deploy', 'local', 'examples', 'bench', 'test'], '.ts'),
  ...sourceFiles(['console'], '.tsx'),
];

/** What is banned, where it may stand all the same, and what to use. */
const BANNED: { pattern: RegExp; but: RegExp; use: string; in: SourceFile[] }[] = [
  {
    pattern: /Date\.now|new Date\(\)/,
    but: /lib\/clock\.ts/,
    use: 'an injected Clock',
    in: bundled,
  },
  { pattern: /Math\.random/, but: /lib\/runtime\.ts/, use: 'an injected random', in: bundled },
  {
    pattern: /\bsetTimeout\(|\bsetInterval\(/,
    but: /lib\/clock\.ts/,
    use: 'Clock.after',
    in: bundled,
  },
  { pattern: /process\.env/, but: /lib\/runtime\.ts/, use: 'readConfig', in: bundled },
  { pattern: /new Redis\(/, but: /lib\/store\/connection\.ts/, use: 'connect', in: bundled },
  { pattern: /new Lock\(/, but: /lib\/store\/lock\.ts/, use: 'acquireLock', in: bundled },
  { pattern: /['"`]order_/, but: /lib\/store\/(keys|scripts)\.ts/, use: 'keysWith', in: bundled },
  { pattern: /\bconsole\./, but: /^$/, use: 'a Log', in: bundled },
  {
    pattern: /: any\b|as any\b|@ts-(ignore|expect-error|nocheck)/,
    but: /^$/,
    use: 'a type',
    in: all,
  },
  {
    pattern: /\b(test|it|describe)\.(only|skip|todo)\b/,
    but: /^$/,
    use: 'a test that runs',
    in: all,
  },
];

test.each(BANNED)(
  '$pattern stands nowhere but in $but: use $use',
  ({ pattern, but, in: files }) => {
    const found = files
      .filter(({ path }) => !but.test(path) && path !== 'test/tidy/code.test.ts')
      .filter(({ text }) => pattern.test(text));
    expect(found.map(({ path }) => path)).toEqual([]);
  },
);

test('files are short enough to be read at one go', () => {
  const long = all
    .filter(({ path }) => path !== 'lib/store/scripts.ts')
    .map(({ path, text }) => ({ path, lines: text.split('\n').length }))
    .filter(({ path, lines }) => {
      return lines > (path.startsWith('functions/') ? FUNCTION_FILE_LINES_MAX : FILE_LINES_MAX);
    });
  expect(long).toEqual([]);
});
