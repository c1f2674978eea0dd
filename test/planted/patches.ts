import { ROOT, sourceFiles } from '../support/source-files.ts';

/** A bug to plant: a patch with a sentence and the test that catches it above it. */
export interface Patch {
  readonly name: string;
  /** What the bug does. */
  readonly sentence: string;
  /** A file of tests, from the root, of which one must fail. */
  readonly test: string;
  /** Absolute. */
  readonly path: string;
}

export function readPatches(): Patch[] {
  return sourceFiles(['test/planted'], '.patch').map(({ path, text }) => {
    const [, sentence = '', test = ''] = /^([\s\S]*?)\nCaught by: (\S+)$/m.exec(text) ?? [];
    return {
      name: path.replace(/^.*\/|\.patch$/g, ''),
      sentence: sentence.trim().replaceAll('\n', ' '),
      test,
      path: `${ROOT}/${path}`,
    };
  });
}
