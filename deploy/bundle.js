import { existsSync } from 'node:fs';
import { SettingFault } from './setting-fault.js';

/**
 * What is bundled, as variables say that are read when packaging: what is not used is not paid for
 * at each cold start.
 */

/** esbuild leaves out what these variables, as they are when packaging, would never reach. */
const DECIDING = [
  'SLUICE_RATE_LIMIT',
  'SLUICE_METRICS',
  'SLUICE_WAKE_INTERVAL_MS',
  'SLUICE_JWT_ISSUER',
];

export const define = Object.fromEntries(
  DECIDING.map((name) => [`process.env.${name}`, JSON.stringify(process.env[name] ?? '')]),
);

const PRODUCERS = ['order-numbers', 'postgres', 'webhook'];

/** What produces orders: one of Sluice's by its name, or one's own by its path. */
export const producer = process.env.SLUICE_PRODUCER || 'order-numbers';

function producerFile() {
  if (PRODUCERS.includes(producer)) return `./lib/producers/${producer}.ts`;
  if (producer.startsWith('./') && existsSync(producer)) return producer;
  throw new SettingFault(
    `SLUICE_PRODUCER is wrong: it must be one of ${PRODUCERS.join(', ')}, or the path of a file ` +
      'that there is, beginning with "./".',
  );
}

export const alias = {
  '#producer': producerFile(),
  '@aws/lambda-invoke-store': './deploy/no-invoke-store.js',
};

/**
 * A producer's packages may be CommonJS, as the driver for Postgres is, and ask for `require`. The
 * names are longer than those that minified code has.
 */
export const banner = {
  js: process.env.SLUICE_PRODUCER
    ? 'import { createRequire as bundleRequire } from "node:module"; const require = bundleRequire(import.meta.url);'
    : '',
};
