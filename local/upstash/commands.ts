import type { SharedConnection } from '../redis/connection.ts';
import type { Argument, Reply } from '../redis/resp.ts';

/** What Redis says about one of its commands. */
export type CommandInfo = {
  /** Where its keys are, counted from its name; undefined where only Redis can tell. */
  keys: { first: number; last: number; step: number } | undefined;
  /** Whether it may add data; what only reads or deletes does not. */
  grows: boolean;
};

/** All commands of this Redis by their names in upper case. */
export type Commands = ReadonlyMap<string, CommandInfo>;

export async function readCommands(connection: SharedConnection): Promise<Commands> {
  const [reply] = await connection.send([['COMMAND']]);
  return new Map(itemsOf(reply).map(toEntry));
}

function toEntry(described: Reply): [string, CommandInfo] {
  const [name, , flags, first, last, step, , , , subcommands] = itemsOf(described);
  const words = itemsOf(flags).map(textOf);
  const isKnown = !words.includes('movablekeys') && itemsOf(subcommands).length === 0;
  const keys = {
    first: Number(textOf(first)),
    last: Number(textOf(last)),
    step: Number(textOf(step)),
  };
  return [
    textOf(name).toUpperCase(),
    // Redis refuses to run these when its memory is full.
    { keys: isKnown ? keys : undefined, grows: words.includes('denyoom') },
  ];
}

/** The keys of a command, as far as their places are fixed; of a script those that it declares. */
export function keysOf(command: Argument[], commands: Commands): Argument[] {
  const name = nameOf(command);
  if (/^EVAL(SHA)?(_RO)?$/.test(name)) return command.slice(3, 3 + (Number(command[2]) || 0));
  const keys = commands.get(name)?.keys;
  if (keys === undefined || keys.first === 0) return [];
  const last = keys.last < 0 ? command.length + keys.last : keys.last;
  return command.filter(
    (_, at) => at >= keys.first && at <= last && (at - keys.first) % keys.step === 0,
  );
}

export function nameOf(command: Argument[]): string {
  return (command[0] ?? '').toString().toUpperCase();
}

function itemsOf(reply: Reply | undefined): Reply[] {
  return reply?.kind === 'array' ? reply.items : [];
}

export function textOf(reply: Reply | undefined): string {
  switch (reply?.kind) {
    case 'status':
    case 'error':
      return reply.text;
    case 'integer':
      return reply.digits;
    case 'bulk':
      return reply.bytes.toString();
    default:
      return '';
  }
}
