import type { SettingsReader } from '../settings.ts';
import { isPublicAddress, literalAddress } from './addresses.ts';
import { EVENTS, URL_TOKEN, WEBHOOK } from './settings-table.ts';

/** Where POSTs go, and how. */
export interface ReceiverSettings {
  readonly url: URL;
  /** Whether the receiver may be at a private address and without TLS: its host is allowed by name. */
  readonly isPrivateAllowed: boolean;
  /** Each signs. */
  readonly secrets: readonly Buffer[];
  /** POSTs under way at once. */
  readonly concurrency: number;
  /** From the connecting to the last byte of an answer. */
  readonly timeoutMs: number;
}

const TOKEN_RULE = 'the token in the URL, 1 to 1,000 characters as a path or a query has them';

const SECRETS_RULE =
  'one secret or several, separated by spaces or commas, each "whsec_" and 24 to 64 bytes in base64';

/** Reads the variables of a receiver, whose names begin alike. */
export function receiverSettings(
  { read, optional, setting }: SettingsReader,
  prefix: 'SLUICE_WEBHOOK' | 'SLUICE_EVENTS',
): ReceiverSettings {
  const rows = { ...WEBHOOK, ...EVENTS };
  const { name: hostsName, rule: hostsRule } = rows[`${prefix}_ALLOW_PRIVATE`];
  const { name: urlName, rule: urlRule } = rows[`${prefix}_URL`];
  const allowed = optional(hostsName, hostsRule, hostsIn, []) ?? [];
  const withToken = (text: string) => {
    if (!text.includes(URL_TOKEN)) return text;
    const token = read(`${prefix}_URL_TOKEN`, TOKEN_RULE, tokenIn) ?? '';
    return text.replaceAll(URL_TOKEN, () => token);
  };
  const url = read(urlName, urlRule, (text) => urlIn(withToken(text), allowed));
  return {
    url,
    isPrivateAllowed: url !== undefined && allowed.includes(url.hostname),
    secrets: read(`${prefix}_SECRETS`, SECRETS_RULE, secretsIn),
    concurrency: setting(rows[`${prefix}_CONCURRENCY`]),
    timeoutMs: setting(rows[`${prefix}_TIMEOUT_MS`]),
  };
}

/** The names as URLs have them: in lower case, `127.1` as `127.0.0.1`. */
function hostsIn(text: string): string[] | undefined {
  const hosts = parts(text).map((host) => {
    const isBare = /^(\[[^\]]+\]|[^\s/?#@:[\]\\]+)$/.test(host) && URL.canParse(`http://${host}/`);
    return isBare ? new URL(`http://${host}/`).hostname : undefined;
  });
  return hosts.length > 0 ? all(hosts) : undefined;
}

function urlIn(text: string, allowed: readonly string[]): URL | undefined {
  if (!/^https?:\/\/[^\s#]+$/.test(text) || !URL.canParse(text)) return undefined;
  const url = new URL(text);
  if (url.username !== '' || url.password !== '' || /^\w+:\/\/[^/?]*@/.test(text)) return undefined;
  if (allowed.includes(url.hostname)) return url;
  const address = literalAddress(url.hostname);
  const isPublic = address === undefined || isPublicAddress(address);
  return url.protocol === 'https:' && isPublic ? url : undefined;
}

function tokenIn(text: string): string | undefined {
  return /^[A-Za-z0-9._~!$&'()*+,;=:@/%-]{1,1000}$/.test(text) ? text : undefined;
}

function secretsIn(text: string): Buffer[] | undefined {
  const secrets = parts(text).map((secret) => {
    const [, base64] = /^whsec_([A-Za-z0-9+/]+={0,2})$/.exec(secret) ?? [];
    const bytes = Buffer.from(base64 ?? '', 'base64');
    // As base64 is read leniently: what was read must be what is written.
    const isWhole = bytes.toString('base64').replace(/=+$/, '') === base64?.replace(/=+$/, '');
    return isWhole && bytes.length >= 24 && bytes.length <= 64 ? bytes : undefined;
  });
  return secrets.length > 0 ? all(secrets) : undefined;
}

function parts(text: string): string[] {
  return text.split(/[\s,]+/).filter((part) => part !== '');
}

function all<T>(values: readonly (T | undefined)[]): T[] | undefined {
  const known = values.filter((value) => value !== undefined);
  return known.length === values.length ? known : undefined;
}
