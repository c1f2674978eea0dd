import { type Account, arnOf, type LambdaFunction } from '../aws/account.ts';
import { authorize } from '../aws/policies.ts';

/**
 * Where the lines of an instance go: into its function's log group, as far as its role allows it.
 * What it does not allow is lost, as it is on AWS, and noted among the denials.
 */
export function logWriter(
  account: Account,
  { name, roleArn, logGroup }: LambdaFunction,
  logStream: string,
): (line: string) => void {
  const group = arnOf(account, 'logs', `log-group:${logGroup}`);
  const allow = (action: string, resource: string) =>
    authorize(account, roleArn, { caller: name, action, resource });
  try {
    if (!account.logGroups.has(logGroup)) {
      allow('logs:CreateLogGroup', group);
      account.logGroups.set(logGroup, { retentionDays: undefined, lines: [] });
    }
    allow('logs:CreateLogStream', `${group}:log-stream:${logStream}`);
    allow('logs:PutLogEvents', `${group}:log-stream:${logStream}`);
  } catch {
    return () => undefined;
  }
  return (line) => void account.logGroups.get(logGroup)?.lines.push(line);
}
