import { type Environment, readSettings } from '../../../settings.ts';
import { isPublicAddress, literalAddress } from './addresses.ts';

export interface WebhookSettings {
  readonly url: URL;
  /** Whether the receiver may be at a private address and without TLS: its host is allowed by name. */
  readonly isPrivateAllowed: boolean;
  /** Each signs. */
  readonly secrets: readonly Buffer[];
  /** One POST for each order, or one for each batch. */
  readonly mode: 'order' | 'batch';
  /** POSTs under way at once. */
  readonly concurrency: number;
  /** From the connecting to the last byte of an answer. */
  readonly timeoutMs: number;
}

const URL_RULE =
  'an https URL without credentials and fragment, and not at a private address; http and a private ' +
  'address may be where SLUICE_WEBHOOK_ALLOW_PRIVATE names its host';
const SECRETS_RULE =
  'one secret or several, separated by spaces or commas, each "whsec_" and 24 to 64 bytes in base64';
const HOSTS_RULE = 'host names or addresses without ports, separated by spaces or commas';

/** @throws ConfigError naming every variable that is missing or wrong, and never a value */
export function readWebhookSettings(env: Environment): WebhookSettings {
  return readSettings(env, ({ read, optional, integer }) => {
    const allowed = optional('SLUICE_WEBHOOK_ALLOW_PRIVATE', HOSTS_RULE, hostsIn, []) ?? [];
    const url = read('SLUICE_WEBHOOK_URL', URL_RULE, (text) => urlIn(text, allowed));
    return {
      url,
      isPrivateAllowed: url !== undefined && allowed.includes(url.hostname),
      secrets: read('SLUICE_WEBHOOK_SECRETS', SECRETS_RULE, secretsIn),
      mode: optional('SLUICE_WEBHOOK_MODE', '"order" or "batch"', modeIn, 'order'),
      concurrency: integer('SLUICE_WEBHOOK_CONCURRENCY', 10, 1, 100),
      timeoutMs: integer('SLUICE_WEBHOOK_TIMEOUT_MS', 15_000, 100, 50_000),
    };
  });
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

function modeIn(text: string): 'order' | 'batch' | undefined {
  return text === 'order' || text === 'batch' ? text : undefined;
}

function parts(text: string): string[] {
  return text.split(/[\s,]+/).filter((part) => part !== '');
}

function all<T>(values: readonly (T | undefined)[]): T[] | undefined {
  const known = values.filter((value) => value !== undefined);
  return known.length === values.length ? known : undefined;
}
