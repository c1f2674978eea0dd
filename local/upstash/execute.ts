import { setTimeout as delay } from 'node:timers/promises';
import type { SharedConnection } from '../redis/connection.ts';
import type { Argument, Reply } from '../redis/resp.ts';
import { nameOf } from './commands.ts';
import { createTranslator } from './dialect.ts';
import { refusal, unavailable } from './policy.ts';
import {
  giveBack,
  REQUEST_BYTES_MAX,
  requestTooLarge,
  SERVICE_ERRORS,
  takeFailure,
} from './rules.ts';
import type { Translated } from './scripts.ts';
import type { Service } from './service.ts';

/** Runs commands as the service does: as a pipeline, where one alone is a pipeline of one, or as a transaction. */
export type Executor = {
  /** An array with a reply for each; what is refused answers with an error in its place. */
  pipeline(commands: Argument[][]): Promise<Reply>;
  /** All of them or none: one error for the whole, or an array with a reply for each. */
  transaction(commands: Argument[][]): Promise<Reply>;
};

const MULTI: Argument[] = ['MULTI'];
const EXEC: Argument[] = ['EXEC'];
/** @see https://upstash.com/docs/redis/overall/pricing */
const NOT_BILLED = new Set(['AUTH', 'CLIENT', 'COMMAND', 'HELLO', 'INFO', 'PING', 'SELECT']);

/** A command as Redis gets it, or the error that is answered in its place. */
type Planned = Translated | { error: string };

export function createExecutor(connection: SharedConnection, service: Service): Executor {
  const { limits, rules, usage } = service;
  const translate = createTranslator(service);
  let freeAtMs = 0;

  function plan(commands: Argument[][]): Planned[] {
    const failure = takeFailure(rules, 'request');
    if (failure !== undefined && failure.command > commands.length) giveBack(failure);
    return commands.map((command, at) => {
      const number = at + 1;
      if (number === failure?.command || (failure?.andLater && number > failure.command)) {
        usage.failures += 1;
        return { error: SERVICE_ERRORS[failure.error] };
      }
      const error = refusal(command) ?? limits.refusal(command);
      return error === undefined ? translate(command) : { error };
    });
  }

  /** Above the rate commands wait for their turn, first come, first served. */
  function turnMs(commands: number): number {
    const nowMs = performance.now();
    const waitMs = Math.max(freeAtMs - nowMs, 0);
    pay(commands, nowMs + waitMs);
    return waitMs;
  }

  function pay(commands: number, fromMs = freeAtMs): void {
    freeAtMs = fromMs + (commands * 1_000) / rules.commandsPerSecondMax;
  }

  /**
   * Runs what is not refused, and sees to what it costs and what has grown by it.
   *
   * @param framing  how many commands `exchange` adds
   */
  async function run(
    commands: Argument[][],
    framing: number,
    exchange: (sent: Argument[][]) => Promise<Reply>,
  ): Promise<Reply> {
    const waitMs = turnMs(commands.length + framing);
    if (waitMs > 0) await delay(waitMs);
    const refreshing = limits.refresh();
    if (refreshing !== undefined) await refreshing;
    const planned = plan(commands);
    const translated = planned.filter((each) => 'command' in each);
    const sent = translated.map(({ command }) => command);
    const reply = await exchange(sent);
    const billedBefore = usage.billedCommands;
    usage.billedCommands += framing + sent.filter((command) => !isFree(command)).length;
    const items = reply.kind === 'array' ? reply.items : [];
    const answers = items.map((item, at) => toAnswer(item, translated[at])).values();
    const billed = usage.billedCommands - billedBefore;
    pay(billed - sent.length - framing);
    await limits.observe(sent, billed);
    if (reply.kind !== 'array') return reply;
    const each = planned.map(
      (one): Reply => ('error' in one ? { kind: 'error', text: one.error } : next(answers)),
    );
    return withinLimit({ kind: 'array', items: each });
  }

  return {
    pipeline: (commands) =>
      run(commands, 0, async (sent) => ({ kind: 'array', items: await connection.send(sent) })),
    async transaction(commands) {
      const refused = commands.map(refusal).find((text) => text !== undefined);
      if (refused !== undefined) return { kind: 'error', text: refused };
      return await run(commands, 2, async (sent) => {
        const replies = await connection.send([MULTI, ...sent, EXEC]);
        return replies.at(-1) ?? missing();
      });
    },
  };
}

function isFree(command: Argument[]): boolean {
  return NOT_BILLED.has(nameOf(command));
}

function toAnswer(reply: Reply, sent: Translated = missing()): Reply {
  if (reply.kind === 'error' && reply.text.startsWith('ERR unknown command')) {
    return { kind: 'error', text: unavailable(nameOf(sent.command)) };
  }
  return withinLimit(sent.repair(reply));
}

/** The reply, or the service's error where it is too large to be sent: one of a command, or all. */
function withinLimit(reply: Reply): Reply {
  const bytes = bytesOf(reply);
  return bytes > REQUEST_BYTES_MAX ? { kind: 'error', text: requestTooLarge(bytes) } : reply;
}

function bytesOf(reply: Reply): number {
  if (reply.kind === 'bulk') return reply.bytes.length;
  if (reply.kind !== 'array') return 0;
  let bytes = 0;
  for (const item of reply.items) bytes += bytesOf(item);
  return bytes;
}

function next(replies: Iterator<Reply>): Reply {
  const { value, done } = replies.next();
  return done === true ? missing() : value;
}

function missing(): never {
  throw new Error('fewer replies than commands');
}
