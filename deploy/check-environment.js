import { readConfig } from '../lib/config.ts';
import { readEventSettings } from '../lib/events/settings.ts';
import { alias } from './bundle.js';
import { checkProducerOf } from './check-producer.js';
import { checkSecrets } from './check-secrets.js';

/**
 * Right values in the place of secrets: those are in the Parameter Store and were checked when they
 * were put there. What is checked here is the rest.
 */
const STAND_INS = {
  SLUICE_EVENTS_SECRETS: `whsec_${Buffer.alloc(32).toString('base64')}`,
  SLUICE_WEBHOOK_SECRETS: `whsec_${Buffer.alloc(32).toString('base64')}`,
  DATABASE_URL: 'postgres://user:password@localhost/orders',
};

/**
 * Stops `sls deploy` where the functions would stop at their cold start: with every variable that is
 * missing or wrong in one message, and every secret that is not there, before anything is uploaded.
 * `sls package` needs none.
 */
export default class CheckEnvironment {
  constructor(serverless, _options, { log }) {
    this.hooks = {
      'before:deploy:deploy': async () => {
        try {
          await checkSettings({ ...process.env, ...STAND_INS });
          await checkSecrets(serverless.getProvider('aws'), log);
          await checkProducerOf(serverless.getProvider('aws'), log);
        } catch (error) {
          // Of any other kind of error it would print the stack as well.
          throw new serverless.classes.Error(error.message, 'SLUICE_IS_NOT_SET_UP');
        }
      },
    };
  }
}

async function checkSettings(env) {
  const { isAnnounced } = readConfig(env, { redis: false, apiKeys: false });
  if (isAnnounced) readEventSettings(env);
  await checkProducer(env);
}

/** Of Sluice's own producers alone: another's file may be one that only a bundler can read. */
async function checkProducer(env) {
  const file = alias['#producer'];
  if (!file.startsWith('./lib/')) return;
  const { readProducerSettings } = await import(new URL(`../${file}`, import.meta.url).href);
  readProducerSettings?.(env);
}
