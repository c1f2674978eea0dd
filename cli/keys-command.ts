import { randomBytes } from 'node:crypto';
import type { Scope } from '../lib/contract/scopes.ts';
import { type ApiKey, areScopes, entryOf } from '../lib/http/api-keys.ts';
import type { OutputFlags } from './order-commands.ts';

/** Tells what it is wherever it turns up, as in a file that a scanner for secrets reads. */
const KEY_PREFIX = 'sluice_';
const KEY_BITS = 256;

export interface KeysCreateFlags extends OutputFlags {
  readonly client: string;
  readonly scopes: readonly Scope[];
}

/** A key that nobody has had before. */
export function newKey(): string {
  return `${KEY_PREFIX}${randomBytes(KEY_BITS / 8).toString('base64url')}`;
}

/**
 * `keys create`: makes a key and prints it, this once.
 *
 * @param keep  takes its entry where a deployment is named; else it is printed with the key
 */
export async function keysCreateCommand(
  { client, scopes, json }: KeysCreateFlags,
  keep?: (entry: ApiKey) => Promise<void>,
): Promise<void> {
  const key = newKey();
  const entry = entryOf(key, client, scopes);
  await keep?.(entry);
  process.stdout.write(
    json
      ? `${JSON.stringify({ key, entry })}\n`
      : `The key, which is shown only now; give it to ${client} and keep it nowhere else:
${key}

${keep === undefined ? toBeAdded(entry) : KEPT}
To change a key without a gap, ${client} has two for a while: make the new one, let ${client} take
it, then take the old one away.
`,
  );
}

const KEPT = 'The deployment knows it within five minutes.\n';

function toBeAdded(entry: ApiKey): string {
  return `What Sluice knows it by; add it to the array in SLUICE_API_KEYS:\n${JSON.stringify(entry)}\n`;
}

/** The scopes of a list with commas; `undefined` where one of them is none. */
export function scopesIn(text: string): Scope[] | undefined {
  const scopes: unknown = [...new Set(text.split(','))];
  return areScopes(scopes) ? scopes : undefined;
}
