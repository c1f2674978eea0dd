import { FUNCTIONS, secretsOf } from '../deploy/secrets.js';

/**
 * On one's own machine there is no Parameter Store: before serverless-offline starts the functions,
 * each gets the secrets that it would read there, from the environment of the emulation. Nothing of
 * this happens when packaging, so no secret can reach what is deployed.
 */
export default class OfflineEnvironment {
  constructor({ service }) {
    const take = () => takeSecrets(service);
    this.hooks = { 'before:offline:start': take, 'before:offline:start:init': take };
  }
}

function takeSecrets({ provider, functions }) {
  provider.environment.SLUICE_PREFIX = process.env.SLUICE_PREFIX ?? '';
  for (const name of FUNCTIONS) {
    const values = secretsOf(name).map((secret) => [secret, process.env[secret] ?? '']);
    const { SLUICE_SECRETS: _, ...rest } = functions[name].environment;
    functions[name].environment = { ...rest, ...Object.fromEntries(values) };
  }
}
