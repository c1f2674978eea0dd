import { isScheduled } from './drain-slots.js';

/** What `serverless.yml` needs of the announcer: it runs where `SLUICE_EVENTS_URL` is set. */
const OF_EVENTS = /^SLUICE_EVENTS_/;

export const events = process.env.SLUICE_EVENTS_URL
  ? [{ schedule: { rate: 'rate(1 minute)', enabled: isScheduled } }]
  : [];

/** The secrets and the rest, which no other function gets. */
export const environment = Object.fromEntries(
  Object.entries(process.env).filter(([name]) => OF_EVENTS.test(name)),
);
