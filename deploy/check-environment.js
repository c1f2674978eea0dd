import { readConfig } from '../lib/config.ts';

/**
 * Stops `sls deploy` where the functions would stop at their cold start: with every variable that
 * is missing or wrong in one message, before anything is uploaded. `sls package` needs none.
 */
export default class CheckEnvironment {
  hooks = { 'before:deploy:deploy': () => void readConfig(process.env) };
}
