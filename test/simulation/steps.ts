import * as scripts from '../../lib/store/scripts.ts';
import type { SimulatedProcess } from './process.ts';
import type { Place, StoreState } from './state.ts';

/** One thing that Redis executed, with the store as it was before and after. */
export interface Step {
  /** A script by its file's name, such as `claim`, or a command in capital letters. */
  readonly name: string;
  /** The keys of a script. */
  readonly keys: readonly string[];
  readonly args: readonly string[];
  readonly answer: unknown;
  /** Why it failed in its middle, or at its beginning. */
  readonly error: string | undefined;
  readonly process: SimulatedProcess;
  /** Virtual time. */
  readonly nowMs: number;
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
  if (name !== 'EVALSHA' && name !== 'EVAL') return { name, keys: [], args: command.slice(1) };
  const script = SCRIPT_NAMES.get(second) ?? LOCK_RELEASE;
  return { name: script, keys: rest.slice(0, Number(count)), args: rest.slice(Number(count)) };
}

/** What a command has answered; a script of ours counts behind its answer what it is billed. */
export function answerOf({ name }: Pick<Step, 'name'>, result: unknown): unknown {
  const isCounted = Array.isArray(result) && /^[a-z-]+$/.test(name) && name !== LOCK_RELEASE;
  return isCounted ? result.slice(0, -1) : result;
}

/** The ids of orders in a step. */
export function idsIn({ keys, args, answer }: Pick<Step, 'keys' | 'args' | 'answer'>): string[] {
  return [...new Set(`${keys} ${args} ${JSON.stringify(answer)}`.match(/ord_[0-9a-v]{32}/g) ?? [])];
}

/** One settled order, as the script is asked. */
export interface Settled {
  readonly id: string;
  readonly from: string;
  readonly to: string;
  readonly segment: string;
  readonly owner: string;
  readonly kind: string;
  readonly dueAtMs: number;
  readonly isNumbered: boolean;
  readonly text: string;
}

/** Below any time: not when an order is due, but its place among those that were given back. */
const RANKS_END = 1_000_000_000;

/** Whether an order that is in this place was given back untried. */
export function isGivenBack({ kind, atMs }: Place): boolean {
  return kind === 'pending' && atMs < RANKS_END;
}

export function settledIn(args: readonly string[]): Settled[] {
  const [places, outcomes, stocks] = args.slice(4, 7).map(Number) as [number, number, number];
  const firstPlace = 7 + stocks;
  const place = (number: string | undefined) =>
    args.slice(firstPlace + 2 * (Number(number) - 1), firstPlace + 2 * Number(number));
  const firstOutcome = firstPlace + 2 * places;
  const told = chunks(args.slice(firstOutcome, firstOutcome + 7 * outcomes), 7);
  return chunks(args.slice(firstOutcome + 7 * outcomes), 3).map(([id = '', number]) => {
    const outcome = told[Number(number) - 1] ?? [];
    const [from, to, owner = '', kind = '', dueAtMs, isNumbered, text = ''] = outcome;
    return {
      ...{ id, owner, kind, text, dueAtMs: Number(dueAtMs), isNumbered: isNumbered === '1' },
      ...{ from: place(from)[0] ?? '', to: place(to)[0] ?? '', segment: place(to)[1] ?? '' },
    };
  });
}

export function chunks<T>(list: readonly T[], size: number): T[][] {
  return Array.from({ length: list.length / size }, (_, at) =>
    list.slice(at * size, (at + 1) * size),
  );
}

/** A step in words, for the history. */
export function tellStep({ name, keys, args, answer, error }: Step, prefix: string): string {
  const asked = askedOf({ name, keys, args }).replaceAll(prefix, '');
  const answered = (error ?? JSON.stringify(answer) ?? 'nothing').replaceAll(prefix, '');
  return `${name} ${asked.slice(0, 600)} → ${answered.slice(0, 300)}`;
}

function askedOf({ name, keys, args }: Pick<Step, 'name' | 'keys' | 'args'>): string {
  if (name === 'settle') {
    const told = settledIn(args).map(
      ({ id, kind, owner, dueAtMs, text }) => `${id} ${kind} ${dueAtMs || ''} by ${owner} ${text}`,
    );
    return `at ${args[0]}: ${told.join(', ')}`;
  }
  if (name === 'submit')
    return `of ${args[0]} at ${args[1]}: ${idsIn({ keys, args: [], answer: 0 })}`;
  return args.join(' ');
}

/** An owner without when it has claimed. */
export function withoutTime(owner = ''): string {
  return owner.replace(/@\d+$/, '');
}
