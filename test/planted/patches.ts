import { ROOT, sourceFiles } from '../support/source-files.ts';

/** A bug to plant: a patch with a sentence and the tests that catch it above it. */
export interface Patch {
  readonly name: string;
  /** What the bug does. */
  readonly sentence: string;
  /** Files of tests, from the root, each of which must fail. */
  readonly tests: readonly string[];
  /** Absolute. */
  readonly path: string;
}

export function readPatches(): Patch[] {
  return sourceFiles(['test/planted'], '.patch').map(({ path, text }) => {
    const [head = ''] = text.split(/^(?:diff|---) /m);
    const [, sentence = '', tests = ''] = /^([\s\S]*?)\nCaught by: (.+)$/m.exec(head) ?? [];
    return {
      name: path.replace(/^.*\/|\.patch$/g, ''),
      sentence: sentence.trim().replaceAll('\n', ' '),
      tests: tests.split(/,\s*/).filter((test) => test !== ''),
      path: `${ROOT}/${path}`,
    };
  });
}
