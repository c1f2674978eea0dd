import { randomBytes } from 'node:crypto';
import { clientNameSchema, entryOf, type Scope, scopesSchema } from '../lib/http/api-keys.ts';
import type { OutputFlags } from './order-commands.ts';

/** Tells what it is wherever it turns up, as in a file that a scanner for secrets reads. */
const KEY_PREFIX = 'sluice_';
const KEY_BITS = 256;

export interface KeysCreateFlags extends OutputFlags {
  readonly client: string;
  readonly scopes: readonly Scope[];
}

/** `keys create`: makes a key and prints it, this once, with the entry that Sluice knows it by. */
export function keysCreateCommand({ client, scopes, json }: KeysCreateFlags): void {
  const key = `${KEY_PREFIX}${randomBytes(KEY_BITS / 8).toString('base64url')}`;
  const entry = entryOf(key, client, scopes);
  process.stdout.write(
    json
      ? `${JSON.stringify({ key, entry })}\n`
      : `\
The key, which is shown only now; give it to ${client} and keep it nowhere else:
${key}

What Sluice knows it by; add it to the array in SLUICE_API_KEYS and deploy:
${JSON.stringify(entry)}

To change a key without a gap, ${client} has two for a while: add the new entry beside the old one
and deploy, let ${client} take the new key, then remove the old entry and deploy again.
`,
  );
}

/** Whether an entry of SLUICE_API_KEYS may name a client so. */
export function isClientName(text: string): boolean {
  return clientNameSchema.safeParse(text, { jitless: true }).success;
}

/** The scopes of a list with commas; `undefined` where one of them is none. */
export function scopesIn(text: string): Scope[] | undefined {
  return scopesSchema.safeParse([...new Set(text.split(','))], { jitless: true }).data;
}
