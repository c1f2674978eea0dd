import MEASURED from '../../cli/cost/measured.json' with { type: 'json' };
import { dollarsFor } from '../../cli/cost/prices.ts';
import type { Activity } from '../../lib/contract/activity-schemas.ts';
import type { Cost } from '../protocol.ts';

const MIN = 60_000;
const DAY_MINUTES = 24 * 60;
/** As the page's pace. */
const MINUTES = 5;

/** The setting's default: what a deployment has set is not known here. */
const BATCH_SIZE = 500;

const { submitOfOne, drainOfNone, drainOfHundred, drainOfTwoHundred } = MEASURED.sluice;
/** A drain costs so much for each batch, and so much on top. */
const DRAIN_OF_BATCH = drainOfTwoHundred - drainOfHundred;
const DRAIN_BESIDES = drainOfHundred - DRAIN_OF_BATCH;

/**
 * What the system costs at the rate of the last whole minutes, by what each step was measured to bill:
 * nobody counts the commands of a database in operation. How many orders came in one request is not
 * known, so each counts as if it came alone.
 *
 * @returns undefined before a minute is over
 */
export function costOf({ buckets, stepMinutes }: Activity, nowMs: number): Cost | undefined {
  const whole = buckets.filter(({ at }) => Date.parse(at) + stepMinutes * MIN <= nowMs);
  const lately = whole.slice(-MINUTES);
  if (lately.length === 0 || stepMinutes !== 1) return undefined;
  const sum = (figure: (one: (typeof lately)[number]) => number) =>
    lately.reduce((total, one) => total + figure(one), 0);
  const submits = sum(({ cameIn }) => Math.max(0, cameIn ?? 0)) * submitOfOne;
  const drains = sum(({ claimed, drains: all }) =>
    claimed === 0
      ? drainOfNone
      : all * DRAIN_BESIDES + Math.ceil(claimed / BATCH_SIZE) * DRAIN_OF_BATCH,
  );
  const commandsPerMinute = (submits + drains) / lately.length;
  const produced = sum((one) => one.produced) / lately.length;
  const dollars = dollarsFor('upstashCommands', commandsPerMinute, false);
  return {
    commandsPerMinute,
    dollarsPerDay: dollars * DAY_MINUTES,
    ...(produced > 0 && { dollarsPerMillionOrders: (dollars / produced) * 1_000_000 }),
  };
}
