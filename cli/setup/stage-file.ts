import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { parseDocument, YAMLMap } from 'yaml';

/**
 * Adds settings to the file of a stage; what it has already stays as it is, comments included.
 *
 * @returns the names of those that were added
 */
export function addToStageFile(
  dir: string,
  stage: string,
  settings: Readonly<Record<string, string | number>>,
): readonly string[] {
  const file = path.join(dir, 'stages', `${stage}.yml`);
  const isThere = existsSync(file);
  const document = parseDocument(isThere ? readFileSync(file, 'utf8') : '');
  document.contents ??= new YAMLMap() as never;
  if (!isThere) {
    document.commentBefore = ` Settings of the stage ${stage}; docs/settings.md has all of them. Commit this file.`;
  }
  const added = Object.entries(settings).filter(([name]) => !document.has(name));
  if (added.length === 0) return [];
  for (const [name, value] of added) document.set(name, value);
  mkdirSync(path.dirname(file), { recursive: true });
  writeFileSync(file, String(document));
  return added.map(([name]) => name);
}
