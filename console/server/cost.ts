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

const { submitOfOne, drainOfNone, drainOfHundred, drainOfTwoHundred, redriveOfHundred } =
  MEASURED.sluice;
/** A drain costs so much for each batch, and so much on top. */
const DRAIN_OF_BATCH = drainOfTwoHundred - drainOfHundred;
const DRAIN_BESIDES = drainOfHundred - DRAIN_OF_BATCH;

/** What it takes to put a hundred dead orders back, and to produce them. */
export const REDRIVE_COMMANDS = redriveOfHundred + drainOfHundred;

/** Two looks at what Redis has executed tell what it executes in a minute. */
export function meter() {
  let last: { readonly commands: number; readonly atMs: number } | undefined;
  let perMinute: number | undefined;
  return {
    /** @param commands  since Redis was started; `null` where it does not tell */
    note(commands: number | null, atMs: number): void {
      const passedMs = atMs - (last?.atMs ?? atMs);
      const executed = (commands ?? Number.NaN) - (last?.commands ?? Number.NaN);
      // A Redis that was restarted counts from 0 again.
      perMinute = executed >= 0 && passedMs > 0 ? (executed * MIN) / passedMs : undefined;
      last = commands === null ? undefined : { commands, atMs };
    },
    perMinute: () => perMinute,
  };
}

/**
 * What the system costs at the rate of the last minute. Where Redis does not tell what it executes, that
 * of the last whole minutes by what each step was measured to bill, as if each order came alone.
 *
 * @param measured  commands a minute, as Redis counts them
 * @returns undefined before a minute is over
 */
export function costOf(
  { buckets, stepMinutes }: Activity,
  nowMs: number,
  measured?: number,
): Cost | undefined {
  const whole = buckets.filter(({ at }) => Date.parse(at) + stepMinutes * MIN <= nowMs);
  const lately = whole.slice(-MINUTES);
  if ((lately.length === 0 && measured === undefined) || stepMinutes !== 1) return undefined;
  const sum = (figure: (one: (typeof lately)[number]) => number) =>
    lately.reduce((total, one) => total + figure(one), 0);
  const submits = sum(({ cameIn }) => Math.max(0, cameIn ?? 0)) * submitOfOne;
  const drains = sum(({ claimed, drains: all }) =>
    claimed === 0
      ? drainOfNone
      : all * DRAIN_BESIDES + Math.ceil(claimed / BATCH_SIZE) * DRAIN_OF_BATCH,
  );
  const commandsPerMinute = measured ?? (submits + drains) / lately.length;
  const produced = sum((one) => one.produced) / Math.max(1, lately.length);
  const dollars = dollarsFor('upstashCommands', commandsPerMinute, false);
  return {
    commandsPerMinute,
    isMeasured: measured !== undefined,
    dollarsPerDay: dollars * DAY_MINUTES,
    ...(produced > 0 && { dollarsPerMillionOrders: (dollars / produced) * 1_000_000 }),
  };
}
