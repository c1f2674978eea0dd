import { choice, named, receiver, text } from '../settings.ts';

/** Stands in a URL where its token goes: settings are in templates, and tokens are secrets. */
export const URL_TOKEN = '{token}';

/** The settings of what receives POSTs, and of the Postgres producer; in no other function's bundle. */
export const WEBHOOK = named({
  ...receiver('SLUICE_WEBHOOK', { usedBy: 'drain', urlUsedBy: 'drain' }),
  SLUICE_WEBHOOK_MODE: choice('drain', ['order', 'batch']),
  SLUICE_WEBHOOK_REQUIRE_JSON: choice('drain', ['off', 'on']),
  SLUICE_WEBHOOK_ERASE: choice('drain', ['off', 'on']),
  DATABASE_CA: text('drain', /^-----BEGIN CERTIFICATE-----[\s\S]*$/, {
    rule: 'PEM, beginning with -----BEGIN CERTIFICATE-----',
  }),
});

export const EVENTS = named({
  ...receiver('SLUICE_EVENTS', { usedBy: 'announcer', urlUsedBy: 'functions' }),
  SLUICE_EVENTS_SOURCE: text('announcer', /^[A-Za-z0-9._~:/?#[\]@!$&'()*+,;=%-]{1,200}$/, {
    rule: 'a URI reference of up to 200 characters, such as /sluice',
    byDefault: '/sluice',
  }),
});
