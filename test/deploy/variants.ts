/** Values of secrets, for everything that a packaging shell may have in its environment. */
export const CANARY = 'canary-3f9a1c';

const SHELL = {
  UPSTASH_REDIS_REST_URL: `https://${CANARY}.upstash.example`,
  UPSTASH_REDIS_REST_TOKEN: `${CANARY}-token`,
  SLUICE_API_KEYS: JSON.stringify([{ client: CANARY, scopes: ['orders:admin'], sha256: CANARY }]),
  SLUICE_WEBHOOK_SECRETS: `whsec_${CANARY} whsec_${CANARY}`,
  SLUICE_EVENTS_SECRETS: `whsec_${CANARY}`,
  DATABASE_URL: `postgres://user:${CANARY}@host/shop`,
  SLUICE_PRODUCER_ERP_PASSWORD: CANARY,
  ERP_TOKEN: CANARY,
  AWS_ACCESS_KEY_ID: CANARY,
  AWS_SECRET_ACCESS_KEY: CANARY,
  AWS_SESSION_TOKEN: CANARY,
};

/** Whoever packages has this in the environment; between them the variants have every option. */
export const VARIANTS = {
  'as it comes': { flags: [], env: { ...SHELL } },
  'with every option': {
    flags: ['--stage', 'prod'],
    env: {
      ...SHELL,
      SLUICE_PRODUCER: 'webhook',
      SLUICE_WEBHOOK_URL: 'https://erp.example/orders',
      SLUICE_EVENTS_URL: 'https://shop.example/events',
      SLUICE_EVENTS_CONCURRENCY: '7',
      SLUICE_WAKE_INTERVAL_MS: '1000',
      SLUICE_DRAIN_SLOTS: '3',
      SLUICE_JWT_ISSUER: 'https://issuer.example/',
      SLUICE_JWT_AUDIENCE: 'orders,shop',
      SLUICE_DOMAIN: 'orders.shop.example',
      SLUICE_CERTIFICATE_ARN: 'arn:aws:acm:eu-central-1:111122223333:certificate/0a1b',
      SLUICE_KMS_KEY_ARN: 'arn:aws:kms:eu-central-1:111122223333:key/mrk-0a1b',
      SLUICE_COMMANDS_PER_SECOND: '2000',
      SLUICE_THROTTLE_RATE: '50',
      SLUICE_THROTTLE_BURST: '20',
      SLUICE_TAGS: '{"Team": "orders"}',
      SLUICE_ALARM_EMAIL: 'ops@shop.example',
      SLUICE_ALARM_OLDEST_ORDER_S: '600',
      SLUICE_COMMANDS_PER_MONTH: '500000',
    },
  },
  'with nothing that runs by itself': {
    flags: [],
    env: {
      ...SHELL,
      SLUICE_PRODUCER: 'postgres',
      DATABASE_CA: '-----BEGIN CERTIFICATE-----',
      SLUICE_SCHEDULE: 'off',
      SLUICE_RESERVED: 'off',
      SLUICE_METRICS: 'off',
      SLUICE_RATE_LIMIT: '600',
    },
  },
  'with your own producer': {
    flags: [],
    env: {
      ...SHELL,
      SLUICE_PRODUCER: './examples/orders-to-folder.ts',
      SLUICE_PRODUCER_FOLDER: '/tmp',
      SLUICE_PRODUCER_SECRETS: 'SLUICE_PRODUCER_ERP_PASSWORD, ERP_TOKEN',
      SLUICE_SECRETS_NAME: 'shop/orders',
      SLUICE_PERMISSIONS_BOUNDARY: 'arn:aws:iam::111122223333:policy/sluice-dev-boundary',
    },
  },
} as const;

export type Variant = keyof typeof VARIANTS;
