import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { parseDocument, YAMLMap } from 'yaml';

/**
 * Adds settings to the file of a stage, which is made if there is none. What it has already stays as it
 * is, comments included.
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
  const comment = ` Settings of the stage ${stage}; docs/settings.md has all of them. Commit this file.`;
  if (!isThere) document.commentBefore = comment;
  const added = Object.entries(settings).filter(([name]) => !document.has(name));
  if (isThere && added.length === 0) return [];
  for (const [name, value] of added) document.set(name, value);
  mkdirSync(path.dirname(file), { recursive: true });
  // Without settings the document would end in an empty map, which invites nobody to add a line.
  const text = added.length === 0 ? `#${comment}\n` : String(document);
  // In one step: who interrupts it must not leave an empty file, which the next run would take for its own.
  writeFileSync(`${file}.new`, text);
  renameSync(`${file}.new`, file);
  return added.map(([name]) => name);
}
