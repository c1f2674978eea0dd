import { producer } from './bundle.js';
import { isJwt } from './jwt.js';
import { SettingFault } from './setting-fault.js';

/**
 * Which secrets each function reads at run time. They are SecureStrings of the SSM Parameter Store,
 * below one path; the last part of a parameter's name is the variable that it stands for. So no
 * value of theirs is in the template, in a bundle or in a function's configuration.
 */

const REDIS = ['UPSTASH_REDIS_REST_URL', 'UPSTASH_REDIS_REST_TOKEN'];

/** With a JWT authorizer it is API Gateway that knows the callers. */
const CALLERS = isJwt ? [] : ['SLUICE_API_KEYS'];

const HTTP = [...REDIS, ...CALLERS];

const OF_PRODUCERS = {
  'order-numbers': [],
  webhook: ['SLUICE_WEBHOOK_SECRETS'],
  postgres: ['DATABASE_URL'],
};

const SECRETS = {
  'submit-order': HTTP,
  'submit-batch': HTTP,
  'get-order': HTTP,
  'cancel-order': HTTP,
  'list-orders': HTTP,
  'dead-letters': HTTP,
  'redrive-order': HTTP,
  'redrive-dead-letters': HTTP,
  // These ask Redis nothing, unless requests are counted there.
  me: process.env.SLUICE_RATE_LIMIT ? HTTP : CALLERS,
  openapi: process.env.SLUICE_RATE_LIMIT ? HTTP : CALLERS,
  stats: HTTP,
  'drain-queue': [...HTTP, ...(OF_PRODUCERS[producer] ?? ownSecrets())],
  'announce-events': [
    ...REDIS,
    ...(process.env.SLUICE_EVENTS_URL ? ['SLUICE_EVENTS_SECRETS'] : []),
  ],
  maintain: REDIS,
};

/** The functions of `serverless.yml`. */
export const FUNCTIONS = Object.keys(SECRETS);

/** The variables that a function has from parameters. */
export function secretsOf(functionName) {
  return SECRETS[functionName];
}

/** Each of them once: what must be there before a deployment. */
export const allSecrets = [...new Set(Object.values(SECRETS).flat())];

/**
 * The full name of a parameter.
 *
 * @param stage  as `--stage` has it
 */
export function parameterName(secret, stage) {
  return `${process.env.SLUICE_SECRETS_PATH || `/sluice/${stage}`}/${secret}`;
}

/** Those that one's own producer reads, which only its author knows. */
function ownSecrets() {
  const names = (process.env.SLUICE_PRODUCER_SECRETS ?? '').split(',').map((name) => name.trim());
  const found = [...new Set(names)].filter((name) => name !== '');
  if (found.every((name) => /^[A-Z][A-Z0-9_]{0,99}$/.test(name))) return found;
  throw new SettingFault(
    'SLUICE_PRODUCER_SECRETS is wrong: it must be names of variables, separated by commas.',
  );
}

// What SSM takes for the path of a parameter.
if (
  !/^(\/(?!aws\/|ssm\/)[A-Za-z0-9_.-]+){1,13}$/i.test(process.env.SLUICE_SECRETS_PATH || '/sluice')
) {
  throw new SettingFault(
    'SLUICE_SECRETS_PATH is wrong: it must be a path of parameters, as /sluice/prod.',
  );
}
