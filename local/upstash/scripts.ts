import { createHash } from 'node:crypto';
import type { Argument, Reply } from '../redis/resp.ts';

/** A command as Redis gets it, and what has to be put right in its reply. */
export type Translated = { command: Argument[]; repair: (reply: Reply) => Reply };

const UPSTASH_FLAG = 'allow-key-locking';
const unchanged = (reply: Reply): Reply => reply;

/**
 * Upstash knows a script flag that plain Redis refuses: `#!lua flags=allow-key-locking`. The
 * translator takes it out of the text, and keeps the sha1 of the original text working, which is
 * the one that clients compute.
 */
export function createScriptTranslator(): (command: Argument[]) => Translated {
  const shaInRedis = new Map<string, string>();

  function load(script: Argument): { script: Argument; sha: string } {
    const stripped = withoutFlag(script.toString());
    const sha = sha1(script);
    if (stripped === undefined) return { script, sha };
    shaInRedis.set(sha, sha1(stripped));
    return { script: stripped, sha };
  }

  const toRedis = (sha: string): string => shaInRedis.get(sha.toLowerCase()) ?? sha;

  return (command) => {
    const name = command[0]?.toString().toUpperCase();
    const [first, second, ...rest] = command;
    if (first === undefined || second === undefined) return { command, repair: unchanged };
    if (name === 'EVAL' || name === 'EVAL_RO') {
      const { script, sha } = load(second);
      return { command: [first, script, ...rest], repair: naming(sha, toRedis(sha)) };
    }
    if (name === 'EVALSHA' || name === 'EVALSHA_RO') {
      const sha = second.toString();
      return { command: [first, toRedis(sha), ...rest], repair: naming(sha, toRedis(sha)) };
    }
    if (name === 'SCRIPT') return translateScript(command);
    return { command, repair: unchanged };
  };

  function translateScript(command: Argument[]): Translated {
    const [name = '', subcommand = '', ...rest] = command;
    const what = subcommand.toString().toUpperCase();
    if (what === 'EXISTS') {
      const shas = rest.map((sha) => toRedis(sha.toString()));
      return { command: [name, subcommand, ...shas], repair: unchanged };
    }
    if (what === 'LOAD' && rest.length === 1 && rest[0] !== undefined) {
      const { script, sha } = load(rest[0]);
      const repair = (reply: Reply): Reply =>
        reply.kind === 'bulk' ? { kind: 'bulk', bytes: Buffer.from(sha) } : reply;
      return { command: [name, subcommand, script], repair };
    }
    return { command, repair: unchanged };
  }
}

/**
 * Lines keep their numbers. Without another flag the first line goes altogether, because a bare
 * `#!lua` would declare a script that writes, which EVAL_RO refuses.
 *
 * @returns undefined where there is no such flag
 */
function withoutFlag(script: string): string | undefined {
  const [firstLine = ''] = script.split('\n', 1);
  const list = /^#!lua.*\sflags=(\S*)/.exec(firstLine)?.[1];
  const flags = list?.split(',') ?? [];
  if (list === undefined || !flags.includes(UPSTASH_FLAG)) return undefined;
  const kept = flags.filter((flag) => flag !== UPSTASH_FLAG).join(',');
  const stripped = kept === '' ? '' : firstLine.replace(`flags=${list}`, `flags=${kept}`);
  return stripped + script.slice(firstLine.length);
}

/** Errors name the script by its sha1; the client knows only the one it sent. */
function naming(sha: string, shaInRedis: string): (reply: Reply) => Reply {
  if (sha === shaInRedis) return unchanged;
  return (reply) =>
    reply.kind === 'error'
      ? { kind: 'error', text: reply.text.replaceAll(shaInRedis, sha) }
      : reply;
}

function sha1(script: Argument): string {
  return createHash('sha1').update(script).digest('hex');
}
