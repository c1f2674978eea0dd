import { designsFor, sluiceCommands } from './cost/designs.ts';
import { LOOKED_UP_ON, PRICES, UPSTASH_PLANS } from './cost/prices.ts';
import { type CostReport, costReport } from './cost/report.ts';
import type { Workload } from './cost/workload.ts';
import { json } from './report.ts';

export interface CostFlags extends Omit<Workload, 'isAnnounced' | 'isLimited' | 'hasStock'> {
  readonly events?: true;
  readonly rateLimit?: true;
  readonly stock?: true;
  readonly freeTier: boolean;
  readonly json?: true;
}

/** `cost`: what a month of so many orders costs, beside two other ways to build the same. */
export function costCommand(flags: CostFlags): void {
  const { events, rateLimit, stock, freeTier: isFreeTier, json: isJson, ...rest } = flags;
  const workload = {
    ...rest,
    ...{ isAnnounced: events === true, isLimited: rateLimit === true, hasStock: stock === true },
  };
  const report: CostReport = {
    workload,
    isFreeTier,
    commands: sluiceCommands(workload),
    designs: designsFor(workload, isFreeTier),
  };
  process.stdout.write(
    isJson
      ? json({ ...report, prices: PRICES, plans: UPSTASH_PLANS, pricesLookedUpOn: LOOKED_UP_ON })
      : costReport(report),
  );
}
