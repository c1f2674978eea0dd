import { json } from '../report.ts';
import { printable } from '../text.ts';
import type { CheckResult } from './check.ts';
import type { Part } from './examine.ts';

const WIDTH = 80;
const KIND_WIDTH = 9;
const NAME_WIDTH = 15;
/** Redis commands of a whole examination, the API's part included. */
const BILLED_ABOUT = 380;

/** For a terminal: a line for each check, and beneath what is not well how to fix it. */
export function doctorReport(parts: readonly Part[]): string {
  return [...parts.map(partReport), summary(parts)].join('\n');
}

/** For a program. */
export function doctorJson(parts: readonly Part[]): string {
  return json({ ...countsOf(parts), parts });
}

export function isWrong(parts: readonly Part[]): boolean {
  return countsOf(parts).wrong > 0;
}

function partReport({ title, findings, skipped }: Part): string {
  const lines = skipped === undefined ? findings.flatMap(findingLines) : wrapped(skipped, 2);
  const note = skipped === undefined ? '' : ': skipped';
  return `${printable(title)}${note}\n${lines.map((line) => `${line}\n`).join('')}`;
}

function findingLines({ kind, name, found, fix }: CheckResult): string[] {
  const indent = 2 + KIND_WIDTH + NAME_WIDTH;
  const [first = '', ...more] = wrapped(printable(found), indent);
  const head = `  ${kind.padEnd(KIND_WIDTH)}${name.padEnd(NAME_WIDTH)}${first.trimStart()}`;
  const advice = fix === undefined ? [] : wrapped(`→ ${printable(fix)}`, indent, 2);
  return [head, ...more, ...advice];
}

/** Words in lines of 80 columns; what is longer than a line, as an address is, stays whole. */
function wrapped(text: string, indent: number, hanging = 0): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    const space = lines.length === 0 ? indent : indent + hanging;
    if (line !== '' && space + line.length + 1 + word.length > WIDTH) {
      lines.push(`${' '.repeat(space)}${line}`);
      line = word;
    } else line = line === '' ? word : `${line} ${word}`;
  }
  return [...lines, `${' '.repeat(lines.length === 0 ? indent : indent + hanging)}${line}`];
}

function summary(parts: readonly Part[]): string {
  const { ok, wrong, warning, unknown } = countsOf(parts);
  const kinds = [`${ok} ok`, `${wrong} wrong`, `${warning} to look after`, `${unknown} unknown`];
  const counted = `${kinds.join(', ')}.\n`;
  if (!parts.some(({ name }) => name === 'conformance')) return counted;
  return (
    `${counted}It cost about ${BILLED_ABOUT} billed commands. Nothing was changed: the scratch keys\n` +
    '(sluice-doctor:…) are gone again.\n'
  );
}

function countsOf(parts: readonly Part[]) {
  const counts = { ok: 0, unknown: 0, warning: 0, wrong: 0, skipped: 0 };
  for (const { kind } of parts.flatMap(({ findings }) => findings)) counts[kind] += 1;
  return counts;
}
