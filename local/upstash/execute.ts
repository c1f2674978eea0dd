import type { SharedConnection } from '../redis/connection.ts';
import type { Argument, Reply } from '../redis/resp.ts';
import { refusal, unavailable } from './policy.ts';
import type { Translated } from './scripts.ts';
import { withinLimit } from './size-limit.ts';

/** Runs commands as the service does: as a pipeline, where one alone is a pipeline of one, or as a transaction. */
export type Executor = {
  /** One reply for each command; what is refused answers with an error in its place. */
  pipeline(commands: Argument[][]): Promise<Reply[]>;
  /** All of them or none: one error for the whole, or an array with a reply for each. */
  transaction(commands: Argument[][]): Promise<Reply>;
};

const MULTI: Argument[] = ['MULTI'];
const EXEC: Argument[] = ['EXEC'];

export function createExecutor(
  connection: SharedConnection,
  translate: (command: Argument[]) => Translated,
): Executor {
  return {
    async pipeline(commands) {
      const refusals = commands.map(refusal);
      const sent = commands.filter((_, at) => refusals[at] === undefined).map(translate);
      const replies = await connection.send(sent.map(({ command }) => command));
      const answers = replies.map((reply, at) => toAnswer(reply, sent[at])).values();
      return refusals.map((text) => (text === undefined ? next(answers) : { kind: 'error', text }));
    },
    async transaction(commands) {
      const refused = commands.map(refusal).find((text) => text !== undefined);
      if (refused !== undefined) return { kind: 'error', text: refused };
      const sent = commands.map(translate);
      const replies = await connection.send([MULTI, ...sent.map(({ command }) => command), EXEC]);
      const outcome = replies.at(-1) ?? missing();
      if (outcome.kind !== 'array') return outcome;
      return {
        kind: 'array',
        items: outcome.items.map((reply, at) => toAnswer(reply, sent[at])),
      };
    },
  };
}

function toAnswer(reply: Reply, sent: Translated = missing()): Reply {
  if (reply.kind === 'error' && reply.text.startsWith('ERR unknown command')) {
    return { kind: 'error', text: unavailable(String(sent.command[0]).toUpperCase()) };
  }
  return withinLimit(sent.repair(reply));
}

function next(replies: Iterator<Reply>): Reply {
  const { value, done } = replies.next();
  return done === true ? missing() : value;
}

function missing(): never {
  throw new Error('fewer replies than commands');
}
