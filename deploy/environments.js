import { producer } from './bundle.js';
import { FUNCTIONS, parameterName, secretsOf } from './secrets.js';
import { SettingFault } from './setting-fault.js';
import { wakeIntervalMs } from './wake.js';

/** What each function has in its environment besides what all have; nothing of it is secret. */
export async function environments({ resolveVariable }) {
  const stage = await resolveVariable('sls:stage');
  const service = await resolveVariable('self:service');
  const interval = wakeIntervalMs ? { SLUICE_WAKE_INTERVAL_MS: wakeIntervalMs } : {};
  const drain = wakeIntervalMs ? { SLUICE_DRAIN_FUNCTION: `${service}-${stage}-drain-queue` } : {};
  const settings = {
    'submit-order': { ...interval, ...drain },
    'submit-batch': { ...interval, ...drain },
    'drain-queue': { ...interval, ...variablesLike(OF_PRODUCERS[producer] ?? OF_OWN_PRODUCER) },
    'announce-events': variablesLike(OF_EVENTS),
  };
  const environmentOf = (name) => ({
    SLUICE_SECRETS: secretsOf(name)
      .map((secret) => parameterName(secret, stage))
      .join(','),
    ...settings[name],
  });
  return Object.fromEntries(FUNCTIONS.map((name) => [name, environmentOf(name)]));
}

/** The variables of the producer that was chosen; one's own may build on those of the others. */
const OF_PRODUCERS = {
  'order-numbers': /^$/,
  postgres: /^DATABASE_CA$/,
  webhook: /^SLUICE_WEBHOOK_/,
};

const OF_OWN_PRODUCER = /^(SLUICE_(WEBHOOK|PRODUCER)_|DATABASE_CA$)/;

const OF_EVENTS = /^SLUICE_EVENTS_/;

/** Parameters, by the end of their names; and the list of them, which `SLUICE_SECRETS` has. */
const SECRETS = /_SECRETS$/;

/** What would tell a secret to whoever may look at a function. */
const LIKE_A_SECRET = /SECRET|TOKEN|PASS|PWD|AUTH|BEARER|CREDENTIAL|API_?KEY|(^|_)(KEY|PAT)(_|$)/;

function variablesLike(names) {
  const found = Object.entries(process.env).filter(
    ([name]) => names.test(name) && !SECRETS.test(name) && !secretsOf('drain-queue').includes(name),
  );
  const told = found.filter(
    ([name, value]) => LIKE_A_SECRET.test(name) || /\/\/[^/?#]*:[^/?#]*@/.test(value),
  );
  if (told.length === 0) return Object.fromEntries(found);
  throw new SettingFault(
    `${told.map(([name]) => name).join(', ')}: this looks like a secret, and whoever may look at ` +
      'a function’s configuration could read it there. Name it in SLUICE_PRODUCER_SECRETS, so that it is ' +
      'read from the Parameter Store; or rename it, if it is none.',
  );
}
