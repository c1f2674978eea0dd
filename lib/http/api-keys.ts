import { createHash } from 'node:crypto';
import * as z from 'zod/mini';
import { SCOPES, type Scope } from '../contract/scopes.ts';

export const clientNameSchema = z.string().check(z.regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/));
export const scopesSchema = z.array(z.enum(SCOPES)).check(z.minLength(1));

const apiKeySchema = z.strictObject({
  client: clientNameSchema,
  scopes: scopesSchema,
  /** SHA-256 of the key, in lower-case hex. */
  sha256: z.string().check(z.regex(/^[0-9a-f]{64}$/)),
});

/** One API key as Sluice keeps it: never the key itself. A client may have several. */
export type ApiKey = Readonly<z.infer<typeof apiKeySchema>>;

/** The keys of a deployment. */
export const apiKeysSchema = z
  .array(apiKeySchema)
  .check(z.minLength(1))
  // A key that is two clients' would be one's by chance of order.
  .check(z.refine((keys) => new Set(keys.map(({ sha256 }) => sha256)).size === keys.length));

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
  return createHash('sha256').update(key).digest();
}

/** A key as `SLUICE_API_KEYS` holds it. */
export function entryOf(key: string, client: string, scopes: readonly Scope[]): ApiKey {
  return { client, scopes: [...scopes], sha256: digestOf(key).toString('hex') };
}
