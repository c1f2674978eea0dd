import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { Argument, Reply } from '../redis/resp.ts';
import { type CommandInfo, nameOf, textOf } from './commands.ts';
import {
  giveBack,
  isLong,
  MEMBER_COMMANDS,
  NAME_BYTES_MAX,
  nameTooLarge,
  SERVICE_ERRORS,
  takeFailure,
} from './rules.ts';
import type { Service } from './service.ts';

/** A command as Redis gets it, and what has to be put right in its reply. */
export type Translated = { command: Argument[]; repair: (reply: Reply) => Reply };

const UPSTASH_FLAG = 'allow-key-locking';
const GUARD = readFileSync(new URL('guard.lua', import.meta.url), 'utf8')
  .replace(/^--\[\[.*?\]\]/s, '')
  .replace(/^ *--.*$/gm, '')
  .replace(/\s*\n\s*/g, ' ')
  .trim();
const unchanged = (reply: Reply): Reply => reply;

/**
 * Puts a guard around each script, which holds it to the service's rules: every key that it touches
 * is in KEYS. Clients compute the sha1 of the text that they sent, so that one keeps working.
 */
export function createScriptTranslator(service: Service): (command: Argument[]) => Translated {
  const { rules, usage } = service;
  const shaInRedis = new Map<string, string>();
  const toRedis = (sha: string): string => shaInRedis.get(sha.toLowerCase()) ?? sha;

  function load(script: Argument): { guarded: string; sha: string } {
    const guarded = withGuard(script.toString(), service.commands);
    const sha = sha1(script);
    shaInRedis.set(sha, sha1(guarded));
    return { guarded, sha };
  }

  return (command) => {
    const name = nameOf(command);
    const [first, second, ...rest] = command;
    if (first === undefined || second === undefined) return { command, repair: unchanged };
    if (name === 'EVAL' || name === 'EVAL_RO') {
      const { guarded, sha } = load(second);
      return call([first, guarded, ...rest], sha);
    }
    if (name === 'EVALSHA' || name === 'EVALSHA_RO') {
      const sha = second.toString().toLowerCase();
      const guarded = shaInRedis.get(sha);
      return guarded === undefined
        ? { command, repair: unchanged }
        : call([first, guarded, ...rest], sha);
    }
    if (name === 'SCRIPT') return translateScript(command);
    return { command, repair: unchanged };
  };

  function call(command: Argument[], sha: string): Translated {
    const keys = Number(command[2]);
    // Redis refuses these itself, and must not take the guard's argument for a key.
    if (!(keys >= 0 && keys <= command.length - 3)) return { command, repair: unchanged };
    const failure = takeFailure(rules, 'script', sha);
    const hasLong = command.slice(3).some(isLong);
    return {
      command: [...command, rulesInForce(failure, hasLong)],
      repair(reply) {
        const items = reply.kind === 'array' ? reply.items : [];
        const [executed, failed, undeclared, value, line] = items;
        const hasFailed = textOf(failed) === '1';
        if (failure !== undefined && !hasFailed) giveBack(failure);
        if (executed === undefined) return withSha(reply, toRedis(sha), sha);
        if (hasFailed) usage.failures += 1;
        usage.billedCommands += Number(textOf(executed));
        if (undeclared?.kind === 'bulk') usage.undeclaredKeys[sha] ??= textOf(undeclared);
        if (value?.kind !== 'error' || line === undefined)
          return value ?? { kind: 'nil', of: 'bulk' };
        const at = `on @user_script:${textOf(line)}.`;
        return { kind: 'error', text: `${value.text} script: ${sha}, ${at}` };
      },
    };
  }

  /** What the guard cannot know by itself; nothing, in the usual case. */
  function rulesInForce(failure: ReturnType<typeof takeFailure>, hasLong: boolean): string {
    const { fullRecords, databaseFull } = service.limits;
    const refuses = rules.undeclaredKeys === 'refuse';
    if (!failure && !hasLong && fullRecords.size === 0 && !databaseFull)
      return refuses ? 'refuse' : '';
    return JSON.stringify({
      failAt: failure?.command ?? 0,
      failUntil: failure === undefined ? 0 : failure.andLater ? 1e15 : failure.command + 1,
      failure: failure && SERVICE_ERRORS[failure.error],
      refuses,
      nameBytesMax: NAME_BYTES_MAX,
      keyTooLong: nameTooLarge('key', '%d'),
      memberTooLong: nameTooLarge('member', '%d'),
      members: ` ${MEMBER_COMMANDS.join(' ')} `,
      full: fullRecords.size === 0 ? undefined : [...fullRecords],
      recordFull: SERVICE_ERRORS.recordFull,
      databaseFull,
    });
  }

  function translateScript(command: Argument[]): Translated {
    const [name = '', subcommand = '', ...rest] = command;
    const what = subcommand.toString().toUpperCase();
    if (what === 'EXISTS') {
      const shas = rest.map((sha) => toRedis(sha.toString()));
      return { command: [name, subcommand, ...shas], repair: unchanged };
    }
    if (what === 'LOAD' && rest.length === 1 && rest[0] !== undefined) {
      const { guarded, sha } = load(rest[0]);
      const repair = (reply: Reply): Reply =>
        reply.kind === 'bulk' ? { kind: 'bulk', bytes: Buffer.from(sha) } : reply;
      return { command: [name, subcommand, guarded], repair };
    }
    return { command, repair: unchanged };
  }
}

/**
 * Lines keep their numbers. Of the first line only other flags stay: a bare `#!lua` would declare a
 * script that writes, which EVAL_RO refuses.
 */
function withGuard(script: string, commands: ReadonlyMap<string, CommandInfo>): string {
  const [firstLine = ''] = script.split('\n', 1);
  const hasShebang = firstLine.startsWith('#!');
  const list = /^#!lua.*\sflags=(\S*)/.exec(firstLine)?.[1] ?? '';
  const isFlagged = list.split(',').includes(UPSTASH_FLAG);
  const kept = list.split(',').filter((flag) => flag !== UPSTASH_FLAG);
  const shebang =
    isFlagged && kept.length > 0 ? firstLine.replace(list, kept.join(',')) : firstLine;
  const body = hasShebang ? script.slice(firstLine.length + 1) : script;
  const before = !hasShebang ? '' : isFlagged && kept.length === 0 ? '' : shebang;
  const guard = `${GUARD}(redis, ${specsOf(body, commands)}, ${isFlagged}, function(redis, ...)`;
  return `${before}${hasShebang ? '\n' : ''}${guard} ${visibleCalls(body)}\nend)`;
}

/** What stands in `return f()` leaves no line behind for an error to name; `false or f()` does. */
function visibleCalls(body: string): string {
  return body.replace(/\breturn(\s+)(?=redis\.p?call\b)/g, 'return$1false or ');
}

/** The commands that a script names, as two arguments of the guard. */
function specsOf(body: string, commands: ReadonlyMap<string, CommandInfo>): string {
  const places: string[] = [];
  const growing = new Set<string>();
  for (const word of new Set(body.match(/\w+/g))) {
    const info = commands.get(word.toUpperCase());
    if (info?.grows) growing.add(word.toUpperCase());
    if (info?.keys === undefined) continue;
    const { first, last, step } = info.keys;
    const place = first === 0 ? 0 : first === 1 && last === 1 ? 1 : `{${first},${last},${step}}`;
    places.push(`["${word}"]=${place}`);
  }
  return `{${places.join(',')}}, ' ${[...growing].join(' ')} '`;
}

/** Errors name the script by its sha1; the client knows only the one it sent. */
function withSha(reply: Reply, shaInRedis: string, sha: string): Reply {
  return reply.kind === 'error'
    ? { kind: 'error', text: reply.text.replaceAll(shaInRedis, sha) }
    : reply;
}

function sha1(script: Argument): string {
  return createHash('sha1').update(script).digest('hex');
}
