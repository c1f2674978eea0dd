import { isOn } from './is-on.js';
import { SettingFault } from './setting-fault.js';

/**
 * What `serverless.yml` needs for each drain slot, and cannot count out by itself:
 * SLUICE_DRAIN_SLOTS drains (1 by default) run side by side, each under a lock of its own.
 */
const slots = Number(process.env.SLUICE_DRAIN_SLOTS || 1);
if (!Number.isInteger(slots) || slots < 1 || slots > 20) {
  throw new SettingFault('SLUICE_DRAIN_SLOTS is wrong: it must be a whole number from 1 to 20.');
}

/** `SLUICE_SCHEDULE=off` deploys the schedules without having them fire: nothing runs by itself. */
export const isScheduled = isOn('SLUICE_SCHEDULE', true);

const schedules = Array.from({ length: slots }, (_, slot) => ({
  schedule: { rate: 'rate(1 minute)', enabled: isScheduled, input: { slot } },
}));

export const events = [...schedules, { httpApi: 'POST /drain' }];

const woken = process.env.SLUICE_WAKE_INTERVAL_MS ? 1 : 0;

/**
 * One for each slot, one for a drain that is woken, and one for `POST /drain`, which otherwise could
 * not even answer 409. A crowd of submits cannot take these away, and more would only find the locks
 * taken.
 *
 * A new account may have 10 executions in all, of which AWS lets none be reserved: with
 * SLUICE_RESERVED=off the drain takes its chance with the rest.
 */
export const reservedConcurrency = isOn('SLUICE_RESERVED', true) ? slots + woken + 1 : null;
