import { designsFor } from './cost/designs.ts';
import { LOOKED_UP_ON, PRICES } from './cost/prices.ts';
import { type CostReport, costReport } from './cost/report.ts';
import { sluiceCommands } from './cost/sluice.ts';
import type { Workload } from './cost/workload.ts';
import { json } from './report.ts';

export interface CostFlags {
  readonly orders: number;
  readonly batch: number;
  readonly hours: number;
  readonly slots: number;
  readonly retentionDays: number;
  readonly events?: true;
  readonly rateLimit?: true;
  readonly submitMs: number;
  readonly drainMs: number;
  readonly orderBytes: number;
  readonly logBytes: number;
  readonly metrics: number;
  readonly freeTier: boolean;
  readonly json?: true;
}

/** `cost`: what a month of so many orders costs, beside two others ways to build the same. */
export function costCommand(flags: CostFlags): void {
  const { submitMs, drainMs, orderBytes, logBytes, metrics } = flags;
  const workload: Workload = {
    orders: flags.orders,
    batch: flags.batch,
    hours: flags.hours,
    slots: flags.slots,
    retentionDays: flags.retentionDays,
    isAnnounced: flags.events === true,
    isLimited: flags.rateLimit === true,
    assumed: { submitMs, drainMs, orderBytes, logBytes, metrics },
  };
  const report: CostReport = {
    workload,
    isFreeTier: flags.freeTier,
    commands: sluiceCommands(workload),
    designs: designsFor(workload, flags.freeTier),
  };
  process.stdout.write(
    flags.json
      ? json({ ...report, prices: PRICES, pricesLookedUpOn: LOOKED_UP_ON })
      : costReport(report),
  );
}
