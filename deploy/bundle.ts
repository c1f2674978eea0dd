import type { Stage } from './stage.ts';

/** What is not used is in no bundle, and so costs nothing at a cold start. */

/** esbuild leaves out what these variables, as they are when packaging, never reach. */
const DECIDING = [
  'SLUICE_RATE_LIMIT',
  'SLUICE_METRICS',
  'SLUICE_WAKE_INTERVAL_MS',
  'SLUICE_JWT_ISSUER',
] as const;

export function define(stage: Stage): Record<string, string> {
  const entries = DECIDING.map((name) => {
    const isOff = stage.get(name) === 0;
    const text = isOff ? '' : (stage.given[name] ?? '');
    return [`process.env.${name}`, JSON.stringify(text)];
  });
  return Object.fromEntries(entries);
}

export function producerFile(stage: Stage): string {
  const producer = stage.get('SLUICE_PRODUCER');
  return producer.startsWith('./') ? producer : `./lib/producers/${producer}.ts`;
}

export function alias(stage: Stage): Record<string, string> {
  return { '#producer': producerFile(stage) };
}

/**
 * A producer's packages may be CommonJS, as the driver for Postgres is, and ask for `require`. The
 * names are longer than those that minified code has.
 */
export function banner(stage: Stage): { readonly js: string } {
  const js =
    'import { createRequire as bundleRequire } from "node:module"; const require = bundleRequire(import.meta.url);';
  return { js: stage.get('SLUICE_PRODUCER') === 'order-numbers' ? '' : js };
}
