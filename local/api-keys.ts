import type { Scope } from '../lib/contract/scopes.ts';
import { entryOf, type LOCAL_KEY_NAMES } from '../lib/http/api-keys.ts';

/** What the console calls the local stack with. */
export const OPERATOR_KEY = 'local-admin-key';

/** The keys of the local stack. They open nothing anywhere else, so they may be known. */
export const LOCAL_KEYS = [
  { key: 'local-shop-key', client: 'shop', scopes: ['orders:write', 'orders:read'] },
  { key: 'local-shop-read-key', client: 'shop', scopes: ['orders:read'] },
  { key: 'local-shop-write-key', client: 'shop', scopes: ['orders:write'] },
  { key: 'local-other-key', client: 'other', scopes: ['orders:write', 'orders:read'] },
  { key: OPERATOR_KEY, client: 'ops', scopes: ['orders:admin'] },
] as const satisfies readonly {
  key: (typeof LOCAL_KEY_NAMES)[number];
  client: string;
  scopes: readonly Scope[];
}[];

/** The value of SLUICE_API_KEYS for the local keys. */
export function localApiKeys(): string {
  const entries = LOCAL_KEYS.map(({ key, client, scopes }) => entryOf(key, client, scopes));
  return JSON.stringify(entries);
}
