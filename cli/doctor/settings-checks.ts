import { readConfig } from '../../lib/config.ts';
import { type ApiKey, checkKeys } from '../../lib/http/api-keys.ts';
import { ConfigError, type Environment } from '../../lib/settings.ts';
import { type Check, ok, skipped, type Verdict, warning, wrong } from './check.ts';

/** What the environment says, without asking anybody. */
export const SETTINGS_CHECKS: readonly Check<Environment>[] = [
  {
    name: 'settings',
    looksAt: 'each variable of the environment that a function would read',
    run: async (env) => settingsAreRight(env),
  },
  {
    name: 'API keys',
    looksAt: 'the entries of SLUICE_API_KEYS, one by one',
    run: async ({ SLUICE_API_KEYS: text }) => keysAreRight(text),
  },
];

function settingsAreRight(env: Environment): Verdict {
  try {
    // The keys have a check of their own, and whether Redis is named is told by its part.
    const isRedisNamed = Boolean(env.UPSTASH_REDIS_REST_URL || env.UPSTASH_REDIS_REST_TOKEN);
    readConfig(env, { redis: isRedisNamed, apiKeys: false });
    return ok('as they must be');
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    const faults = [...error.message.matchAll(/^- (.*)$/gm)].map(([, fault = '']) => fault);
    return wrong(faults.join('; '), 'Set it as said: no function starts before it is right.');
  }
}

function keysAreRight(text: string | undefined): Verdict {
  if (!text) {
    return skipped('SLUICE_API_KEYS is not set', 'Set it to what the deployment has to check it.');
  }
  let entries: unknown;
  try {
    entries = JSON.parse(text);
  } catch {
    return wrong('it is no JSON', 'It is an array; npm run sluice -- keys create prints an entry.');
  }
  const checked = checkKeys(entries);
  if (checked.kind === 'wrong') return wrong(faultsOf(entries, checked.wrongAt), MEND_ENTRY);
  return verdictOn(checked.keys);
}

const MEND_ENTRY =
  'An entry is {"client", "scopes", "sha256"}, each digest once: npm run sluice -- keys create.';

/** Where the faults are, and never what stands there. */
function faultsOf(entries: unknown, wrongAt: readonly string[]): string {
  if (wrongAt.length > 0) return `wrong at ${wrongAt.slice(0, 5).join(', ')}`;
  const digests = (Array.isArray(entries) ? entries : []).map(({ sha256 }) => String(sha256));
  const twice = digests.findIndex((digest, at) => digests.indexOf(digest) !== at);
  if (twice < 0) return 'it is empty, or no array';
  return `entries ${digests.indexOf(digests[twice] ?? '')} and ${twice} have the same digest`;
}

function verdictOn(keys: readonly ApiKey[]): Verdict {
  const clients = new Set(keys.map(({ client }) => client));
  const twice = [...clients].filter((name) => keys.filter((key) => key.client === name).length > 1);
  const rotated = twice.length === 0 ? 'no client has two' : `${twice.join(', ')} has two`;
  const found = `${keys.length} of ${clients.size} clients; ${rotated}`;
  if (keys.some(({ scopes }) => scopes.includes('orders:admin'))) return ok(found);
  return warning(
    `${found}; none has orders:admin`,
    'Without it nobody can drain, redrive or see stats: npm run sluice -- keys create --client ops ' +
      '--scopes orders:admin.',
  );
}
