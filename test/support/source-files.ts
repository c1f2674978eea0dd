import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

export const ROOT = fileURLToPath(new URL('../..', import.meta.url));

export interface SourceFile {
  /** From the root, such as `lib/orders/order.ts`. */
  readonly path: string;
  readonly text: string;
}

/** The files with an ending below folders of the repository. */
export function sourceFiles(folders: readonly string[], ending: string): SourceFile[] {
  return folders.flatMap((folder) =>
    readdirSync(`${ROOT}/${folder}`, { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith(ending))
      .map((name) => {
        const file = `${folder}/${name}`;
        return { path: file, text: readFileSync(`${ROOT}/${file}`, 'utf8') };
      }),
  );
}

/** The names of all functions. */
export const FUNCTIONS = readdirSync(`${ROOT}/functions`).map((file) => path.parse(file).name);
