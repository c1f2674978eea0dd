import { hash } from 'node:crypto';
import { SCOPES, type Scope } from '../contract/scopes.ts';
import { isObject } from '../orders/rules.ts';

/** One API key as Sluice keeps it: never the key itself. A client may have several. */
export interface ApiKey {
  readonly client: string;
  readonly scopes: readonly Scope[];
  /** SHA-256 of the key, in lower-case hex. */
  readonly sha256: string;
}

/** Whether a client may have this name. */
export function isClientName(name: unknown): name is string {
  return typeof name === 'string' && /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/.test(name);
}

/** Whether they are scopes, and at least one. */
export function areScopes(scopes: unknown): scopes is Scope[] {
  const isScope = (scope: unknown) => SCOPES.some((known) => known === scope);
  return Array.isArray(scopes) && scopes.length > 0 && scopes.every(isScope);
}

const MEMBERS: Readonly<Record<keyof ApiKey, (value: unknown) => boolean>> = {
  client: isClientName,
  scopes: areScopes,
  sha256: (digest) => typeof digest === 'string' && /^[0-9a-f]{64}$/.test(digest),
};

export type CheckedKeys =
  | { readonly kind: 'keys'; readonly keys: readonly ApiKey[] }
  /** `wrongAt`: where entries are wrong, such as `0/client`; empty where the whole is. */
  | { readonly kind: 'wrong'; readonly wrongAt: readonly string[] };

/** Checks the keys of a deployment. A key that is two clients' would be one's by chance of order. */
export function checkKeys(entries: unknown): CheckedKeys {
  if (!Array.isArray(entries) || entries.length === 0) return { kind: 'wrong', wrongAt: [] };
  const wrongAt = entries.flatMap((entry: unknown, at) =>
    wrongMembers(entry).map((member) => (member === '' ? `${at}` : `${at}/${member}`)),
  );
  const keys = entries as ApiKey[];
  const isUnique = new Set(keys.map((key) => key?.sha256)).size === keys.length;
  return wrongAt.length === 0 && isUnique ? { kind: 'keys', keys } : { kind: 'wrong', wrongAt };
}

/** Names of the members of an entry that are wrong; an empty name for the entry itself. */
function wrongMembers(entry: unknown): string[] {
  if (!isObject(entry)) return [''];
  const hasOthers = Object.keys(entry).some((member) => !Object.hasOwn(MEMBERS, member));
  const wrong = Object.entries(MEMBERS).filter(([member, isRight]) => !isRight(entry[member]));
  return [...wrong.map(([member]) => member), ...(hasOthers ? [''] : [])];
}

/** The keys of the local stack, which everybody knows. */
export const LOCAL_KEY_NAMES = [
  'local-shop-key',
  'local-shop-read-key',
  'local-shop-write-key',
  'local-other-key',
  'local-admin-key',
] as const;

/** Whether it is a key of the local stack: a deployed stage takes none of them. */
export function isLocalKey({ sha256 }: ApiKey): boolean {
  return LOCAL_KEY_NAMES.some((key) => digestOf(key).toString('hex') === sha256);
}

/** SHA-256 of a key: what Sluice knows it by. */
export function digestOf(key: string): Buffer {
  return hash('sha256', key, 'buffer');
}

/** A key as `SLUICE_API_KEYS` holds it. */
export function entryOf(key: string, client: string, scopes: readonly Scope[]): ApiKey {
  return { client, scopes: [...scopes], sha256: digestOf(key).toString('hex') };
}
