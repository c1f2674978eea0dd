/**
 * How often at most a submit starts a drain, sooner than the schedule does, ms; nothing where submits
 * start none. What it may be is checked before a deployment.
 */
export const wakeIntervalMs = process.env.SLUICE_WAKE_INTERVAL_MS || '';
