import { readConfig } from '../lib/config.ts';
import { readEventSettings } from '../lib/events/settings.ts';
import { alias } from './bundle.js';

/**
 * Stops `sls deploy` where the functions would stop at their cold start: with every variable that
 * is missing or wrong in one message, before anything is uploaded. `sls package` needs none.
 */
export default class CheckEnvironment {
  hooks = {
    'before:deploy:deploy': async () => {
      const { isAnnounced } = readConfig(process.env, { redis: true, apiKeys: true });
      if (isAnnounced) readEventSettings(process.env);
      await checkProducer();
    },
  };
}

/** Of Sluice's own producers alone: another's file may be one that only a bundler can read. */
async function checkProducer() {
  const file = alias['#producer'];
  if (!file.startsWith('./lib/')) return;
  const { readProducerSettings } = await import(new URL(`../${file}`, import.meta.url).href);
  readProducerSettings?.(process.env);
}
