import * as scripts from '../../lib/redis/scripts.ts';
import type { StoreState } from './state.ts';

/** One thing that Redis executed, with the store as it was before and after. */
export interface Step {
  /** A script by its file's name, such as `claim`, or a command in capital letters. */
  readonly name: string;
  readonly keys: readonly string[];
  readonly args: readonly string[];
  readonly answer: unknown;
  readonly before: StoreState;
  readonly after: StoreState;
}

const SCRIPT_NAMES = new Map(
  Object.entries(scripts).flatMap(([constant, { sha1, text }]) => {
    const name = constant.toLowerCase().replaceAll('_', '-');
    return [
      [sha1, name],
      [text, name],
    ] as [string, string][];
  }),
);

/** What the lock package releases with is the only script that is not ours. */
const LOCK_RELEASE = 'release-lock';

/** Reads a command as what it means. */
export function meaningOf(command: readonly string[]): Pick<Step, 'name' | 'keys' | 'args'> {
  const [first = '', second = '', count = '0', ...rest] = command;
  const name = first.toUpperCase();
  if (name !== 'EVALSHA' && name !== 'EVAL') {
    return { name, keys: [second], args: command.slice(2) };
  }
  const keys = rest.slice(0, Number(count));
  return { name: SCRIPT_NAMES.get(second) ?? LOCK_RELEASE, keys, args: rest.slice(keys.length) };
}

/** What a command answered, and a script without the count of its commands behind it. */
export function answerOf(name: string, result: unknown): unknown {
  const isOurs = [...SCRIPT_NAMES.values()].includes(name);
  return isOurs && Array.isArray(result) ? result.slice(0, -1) : result;
}
