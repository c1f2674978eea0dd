import { readFile } from 'node:fs/promises';

const RUNBOOK = new URL('../../docs/runbook.md', import.meta.url);
const NAME = /^[a-z0-9-]{1,64}$/;

/**
 * A section of docs/runbook.md, shown beside the verdict. It matches this version, and needs no
 * network.
 *
 * @returns its text as Markdown; undefined if no section has that name
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
