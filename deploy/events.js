import { isScheduled } from './drain-slots.js';

/** The schedule of the announcer: it runs where `SLUICE_EVENTS_URL` is set. */
export const events = process.env.SLUICE_EVENTS_URL
  ? [{ schedule: { rate: 'rate(1 minute)', enabled: isScheduled } }]
  : [];
