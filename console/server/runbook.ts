import { readFile } from 'node:fs/promises';

const RUNBOOK = new URL('../../docs/runbook.md', import.meta.url);
const NAME = /^[a-z0-9-]{1,64}$/;

/**
 * A section of docs/runbook.md, so that it is at hand where the verdict is, of this version, and
 * without a network.
 *
 * @returns its text as Markdown; undefined if there is none of that name
 */
export async function runbookSection(name: string): Promise<string | undefined> {
  if (!NAME.test(name)) return undefined;
  const text = await readFile(RUNBOOK, 'utf8');
  const sections = text.split(/^(?=#{2,3} )/m);
  return sections.find((section) => anchorOf(section.split('\n', 1)[0] ?? '') === name);
}

function anchorOf(heading: string): string {
  return heading.replace(/^#+ /, '').toLowerCase().replaceAll(' ', '-');
}
