import { readConfig } from '../../lib/config.ts';
import { type ApiKey, checkKeys } from '../../lib/http/api-keys.ts';
import { ConfigError, type Environment } from '../../lib/settings.ts';
import { type Check, ok, skipped, type Verdict, warning, wrong } from './check.ts';

/** Checks of the environment alone. */
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
    // API keys and Redis have their own checks.
    const isRedisNamed = Boolean(env.UPSTASH_REDIS_REST_URL || env.UPSTASH_REDIS_REST_TOKEN);
    readConfig(env, { redis: isRedisNamed, apiKeys: false });
    return ok('valid');
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    const faults = [...error.message.matchAll(/^- (.*)$/gm)].map(([, fault = '']) => fault);
    return wrong(faults.join('; '), 'Correct it: functions do not start with a wrong setting.');
  }
}

function keysAreRight(text: string | undefined): Verdict {
  if (!text) {
    return skipped(
      'SLUICE_API_KEYS is not set',
      'Set it to the deployment’s value to have it checked.',
    );
  }
  let entries: unknown;
  try {
    entries = JSON.parse(text);
  } catch {
    return wrong('not JSON', 'It must be an array; npm run sluice -- keys create prints an entry.');
  }
  const checked = checkKeys(entries);
  if (checked.kind === 'wrong') return wrong(faultsOf(entries, checked.wrongAt), MEND_ENTRY);
  return verdictOn(checked.keys);
}

const MEND_ENTRY =
  'An entry is {"client", "scopes", "sha256"}, each digest once: npm run sluice -- keys create.';

/** Where the faults are, without the values. */
function faultsOf(entries: unknown, wrongAt: readonly string[]): string {
  if (wrongAt.length > 0) return `wrong at ${wrongAt.slice(0, 5).join(', ')}`;
  const digests = (Array.isArray(entries) ? entries : []).map(({ sha256 }) => String(sha256));
  const twice = digests.findIndex((digest, at) => digests.indexOf(digest) !== at);
  if (twice < 0) return 'empty, or not an array';
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
