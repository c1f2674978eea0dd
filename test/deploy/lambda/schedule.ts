import { randomUUID } from 'node:crypto';
import type { Account, Rule } from '../aws/account.ts';
import { functionNamed } from '../aws/resources/compute.ts';
import type { Lambda } from './lambda.ts';
import { mayInvoke } from './permissions.ts';

/**
 * Lets the time come that some rules wait for: each of their targets is invoked, and done.
 *
 * @param schedule  such as `rate(1 minute)`
 * @returns how many were invoked
 */
export async function fire(account: Account, lambda: Lambda, schedule: string): Promise<number> {
  const rules = [...account.rules.values()];
  const due = rules.filter((rule) => rule.isEnabled && rule.schedule === schedule);
  let invocations = 0;
  for (const rule of due) {
    for (const { arn, input } of rule.targets) {
      const source = { principal: 'events.amazonaws.com', sourceArn: rule.arn };
      if (!mayInvoke(account, functionNamed(account, arn), source)) continue;
      lambda.invokeLater(arn, input ?? JSON.stringify(eventOf(account, rule)));
      invocations += 1;
    }
  }
  await lambda.settled();
  return invocations;
}

/** What a target without an input of its own gets. */
function eventOf({ id: account, region }: Account, { arn }: Rule) {
  return {
    version: '0',
    id: randomUUID(),
    'detail-type': 'Scheduled Event',
    source: 'aws.events',
    account,
    time: new Date().toISOString(),
    region,
    resources: [arn],
    detail: {},
  };
}
