import { choice, named, tagsIn, text, whole, wholeOrOff } from '../lib/settings.ts';
import { QUEUE, STOCK, TOKENS, WAKING } from '../lib/settings-table.ts';
import { EVENTS, WEBHOOK } from '../lib/webhook/settings-table.ts';

/**
 * Every setting: its meaning, default and limits, and where it is used. The template, `sluice settings`,
 * docs/settings.md and, by the groups that are imported here, the functions all read this table.
 */
const DAY_S = 86_400;

const DRAINS = named({
  SLUICE_DRAIN_SLOTS: whole('deployment', 1, [1, 20]),
  SLUICE_SCHEDULE: choice('deployment', ['on', 'off']),
  SLUICE_RESERVED: choice('deployment', ['auto', 'on', 'off']),
  SLUICE_PRODUCER: text('deployment', /^(order-numbers|postgres|webhook|\.\/.+)$/, {
    rule: '`order-numbers`, `postgres`, `webhook`, or a path beginning with "./"',
    byDefault: 'order-numbers',
  }),
  SLUICE_CHANGE_PRODUCER: choice('deployment', ['off', 'on']),
  SLUICE_PRODUCER_SECRETS: text(
    'deployment',
    /^[\s,]*[A-Z][A-Z0-9_]{0,99}([\s,]+[A-Z][A-Z0-9_]{0,99})*[\s,]*$/,
    {
      rule: 'names, separated by commas',
    },
  ),
});

const ACCESS = named({
  SLUICE_COMMANDS_PER_SECOND: whole('deployment', 10_000, [100, 1_000_000]),
  SLUICE_THROTTLE_RATE: wholeOrOff('deployment', [1, 10_000]),
  SLUICE_THROTTLE_BURST: whole('deployment', 1_000, [1, 5_000]),
  SLUICE_DOMAIN: text('deployment', /^[a-z0-9.-]+\.[a-z]{2,}$/, {
    rule: 'a domain name in lower case',
  }),
  SLUICE_CERTIFICATE_ARN: text('deployment', /^arn:aws[a-z-]*:acm:\S+$/, {
    rule: 'the ARN of an ACM certificate in the same region',
  }),
});

const ACCOUNT = named({
  SLUICE_SECRETS_NAME: text(
    'deployment',
    /^(?!aws\/|ssm\/)[A-Za-z0-9_.-]+(\/[A-Za-z0-9_.-]+){0,12}$/i,
    {
      rule: 'a name such as sluice/prod',
    },
  ),
  SLUICE_KMS_KEY_ARN: text('deployment', /^arn:aws[a-z-]*:kms:[a-z0-9-]+:\d{12}:key\/[\w-]+$/, {
    rule: 'the ARN of a KMS key, not an alias',
  }),
  SLUICE_PERMISSIONS_BOUNDARY: text(
    'deployment',
    /^arn:aws[a-z-]*:iam::\d{12}:policy\/[\w+=,.@/-]+$/,
    {
      rule: 'the ARN of an IAM policy',
    },
  ),
  SLUICE_TAGS: {
    usedBy: 'deployment',
    byDefault: '{}',
    rule: 'JSON such as {"Team": "orders"}, without the keys Project, Stage, ManagedBy and aws:…',
    parse: tagsIn,
  },
});

const WATCHING = named({
  SLUICE_METRICS: choice('functions', ['on', 'off']),
  SLUICE_ALARM_EMAIL: text('deployment', /^[^\s@]+@[^\s@]+\.[^\s@]+$/, {
    rule: 'an e-mail address',
  }),
  SLUICE_ALARM_OLDEST_ORDER_S: whole('deployment', 900, [60, DAY_S]),
  SLUICE_COMMANDS_PER_MONTH: wholeOrOff('deployment', [10_000, 100_000_000_000]),
});

/** By the headings of docs/settings.md. */
export const SETTING_GROUPS = {
  'The queue': QUEUE,
  Stock: STOCK,
  'Drains and producers': { ...DRAINS, ...WAKING },
  'The webhook and Postgres producers': WEBHOOK,
  Events: EVENTS,
  'Who may call, and how often': { ...ACCESS, ...TOKENS },
  'The AWS account': ACCOUNT,
  'Metrics and alarms': WATCHING,
} as const;

export const SETTINGS = {
  ...QUEUE,
  ...STOCK,
  ...WAKING,
  ...DRAINS,
  ...WEBHOOK,
  ...EVENTS,
  ...TOKENS,
  ...ACCESS,
  ...ACCOUNT,
  ...WATCHING,
};

export type SettingName = keyof typeof SETTINGS;

/** What a setting is once it is read. */
export type SettingValue<Name extends SettingName> = Exclude<
  ReturnType<(typeof SETTINGS)[Name]['parse']>,
  undefined
>;

/** What each does, for people. */
export const MEANINGS: Readonly<Record<SettingName, string>> = {
  SLUICE_ALARM_OLDEST_ORDER_S: 'Age in seconds at which a ready order raises an alarm.',
  SLUICE_COMMANDS_PER_MONTH:
    'Redis commands that your plan or budget allows per month (free plan: 500,000); an alarm warns before they run out.',
  SLUICE_METRICS: 'Sluice’s own metrics, and the alarms on them.',
  SLUICE_THROTTLE_BURST: 'Requests to `POST /orders` at once before that rate applies.',
  SLUICE_THROTTLE_RATE: 'Requests per second to `POST /orders`, instead of the computed limit.',
  SLUICE_COMMANDS_PER_SECOND:
    'Redis commands per second that the stage may use; the throttles follow from it.',
  SLUICE_WEBHOOK_MODE: 'One POST per order, or per claim.',
  SLUICE_WEBHOOK_REQUIRE_JSON: 'Whether a 2xx without JSON is retried.',
  SLUICE_WEBHOOK_ERASE:
    'Whether erased orders are sent as [`orders.erase`](producers.md#what-an-answer-means).',
  SLUICE_CHANGE_PRODUCER: '`on` lets one deployment change the producer of a running stage.',
  SLUICE_RESERVED:
    'Lambda concurrency reserved for the drain. `auto` reserves it if the account can; `on` insists.',
  SLUICE_SCHEDULE: 'Whether drains, upkeep and announcements run by themselves.',
  SLUICE_WAKE_INTERVAL_MS:
    'An order that finds the queue empty starts a drain, at most this often.',
  SLUICE_DRAIN_SLOTS: 'Drains that run side by side.',
  SLUICE_STOCK: 'Whether orders reserve [stock](stock.md).',
  SLUICE_SOLD_OUT_MS: 'How long an instance remembers that a SKU is sold out.',
  SLUICE_RATE_LIMIT:
    'Orders per minute and client, `orders:admin` aside; other requests count as one. Costs 2 commands per request.',
  SLUICE_RETENTION_DAYS: 'Days that an ended order and its idempotency key are kept.',
  SLUICE_DEAD_RETENTION_DAYS: 'Days after which a dead letter is erased; its key stays used.',
  SLUICE_REDRIVES_PER_SECOND: 'Pace of `POST /dead-letters/redrive`.',
  SLUICE_QUEUE_MAX: 'Orders of one client that may wait.',
  SLUICE_SCHEDULED_MAX: 'Orders of one client that may be scheduled.',
  SLUICE_STORAGE_MB: 'Storage of the database’s plan. Submits are refused before it is full.',
  SLUICE_STORAGE_SHARE: 'Percentage of it that one client’s orders may use.',
  SLUICE_CLIENT_LIMITS: 'Other limits for single clients.',
  SLUICE_ATTEMPTS_MAX: 'Claims after which an order is dead.',
  SLUICE_LEASE_MS: 'How long a claim holds its orders, unless extended.',
  SLUICE_BATCH_SIZE: 'Orders per claim.',
  SLUICE_DRAIN_LANES:
    'Batches of a drain in progress at once. With 1, orders are produced in order.',
  SLUICE_ALARM_EMAIL: 'Where alarms go, once the address has confirmed AWS’s mail.',
  SLUICE_TAGS: 'More tags for everything in the stack.',
  SLUICE_PERMISSIONS_BOUNDARY: 'Permissions boundary of every role in the stack.',
  SLUICE_KMS_KEY_ARN: 'Your own KMS key for the secret.',
  SLUICE_SECRETS_NAME: 'The stage’s secret in Secrets Manager; `sluice/<stage>` if not set.',
  SLUICE_CERTIFICATE_ARN: 'The certificate of that domain.',
  SLUICE_DOMAIN: 'Your own domain for the API. The outputs say where its DNS record must point.',
  SLUICE_JWT_SCOPE_PREFIX: 'Prefix of scopes in tokens, such as `sluice/` with Amazon Cognito.',
  SLUICE_JWT_CLIENT_CLAIM:
    'The claim that names the client, instead of `client_id` or `azp`; [read this first](api.md#who-may-call).',
  SLUICE_JWT_AUDIENCE: 'Audience of these tokens; separate several with commas.',
  SLUICE_JWT_ISSUER: 'Accept JWTs of this issuer instead of API keys.',
  SLUICE_EVENTS_SOURCE: 'The `source` of each event.',
  DATABASE_CA: 'Certificates that the Postgres producer trusts instead of the system’s.',
  SLUICE_PRODUCER_SECRETS: 'Secrets of your own producer.',
  SLUICE_PRODUCER: 'What [produces](producers.md) the orders.',
  SLUICE_PREFIX: 'Prefix of every Redis key; `<stage>:` in a deployment if not set.',
  SLUICE_WEBHOOK_URL: 'Where orders are POSTed.',
  SLUICE_WEBHOOK_ALLOW_PRIVATE: 'Hosts that may be private and without TLS.',
  SLUICE_WEBHOOK_CONCURRENCY: 'POSTs in progress at once.',
  SLUICE_WEBHOOK_TIMEOUT_MS: 'From connecting to the last byte of the answer.',
  SLUICE_EVENTS_URL: 'Where [events](events.md) are POSTed.',
  SLUICE_EVENTS_ALLOW_PRIVATE: 'Hosts that may be private and without TLS.',
  SLUICE_EVENTS_CONCURRENCY: 'POSTs in progress at once.',
  SLUICE_EVENTS_TIMEOUT_MS: 'From connecting to the last byte of the answer.',
};
