import type { Stage } from './stage.ts';

/** The events of the drain: a schedule for each slot, and `POST /drain`. */
export function drainEvents(stage: Stage) {
  const enabled = stage.get('SLUICE_SCHEDULE') === 'on';
  const schedules = Array.from({ length: stage.get('SLUICE_DRAIN_SLOTS') }, (_, slot) => ({
    schedule: { rate: 'rate(1 minute)', enabled, input: { slot } },
  }));
  return [...schedules, { httpApi: 'POST /drain' }];
}

/** The announcer runs where events have a receiver. */
export function announcerEvents(stage: Stage) {
  const enabled = stage.get('SLUICE_SCHEDULE') === 'on';
  const isOn = stage.get('SLUICE_EVENTS_URL') !== '';
  return isOn ? [{ schedule: { rate: 'rate(1 minute)', enabled } }] : [];
}

export function isScheduled(stage: Stage): boolean {
  return stage.get('SLUICE_SCHEDULE') === 'on';
}

/**
 * Concurrency that the drain has to itself, so that a crowd of submits cannot take it: one for each
 * slot, one for a drain that is woken, and one for `POST /drain`, which otherwise could not even
 * answer 409. More would only find the locks taken.
 */
export function drainConcurrency(stage: Stage): number {
  const woken = stage.get('SLUICE_WAKE_INTERVAL_MS') > 0 ? 1 : 0;
  return stage.get('SLUICE_DRAIN_SLOTS') + woken + 1;
}

/** As the template has it; a deployment takes it out again where the account has no room for it. */
export function reservedConcurrency(stage: Stage): number | null {
  return stage.get('SLUICE_RESERVED') === 'off' ? null : drainConcurrency(stage);
}
