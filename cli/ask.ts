import { once } from 'node:events';
import { createInterface } from 'node:readline/promises';
import type { OutputFlags } from './order-commands.ts';

/** Whether there is somebody to ask. */
export function canAsk({ json }: OutputFlags): boolean {
  return process.stdin.isTTY && process.stdout.isTTY && !json;
}

/** Asks on the terminal; anything but yes means no. */
export async function isAgreed(question: string): Promise<boolean> {
  const terminal = createInterface({ input: process.stdin, output: process.stdout });
  // Ctrl-C and Ctrl-D mean no.
  terminal.on('SIGINT', () => terminal.close());
  const closed = once(terminal, 'close').then(() => 'no');
  const answer = await Promise.race([terminal.question(`\n${question} [y/N] `), closed]);
  terminal.close();
  return /^y(es)?$/i.test(answer.trim());
}
