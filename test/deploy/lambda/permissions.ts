import type { Account, LambdaFunction } from '../aws/account.ts';
import { matches } from '../aws/policies.ts';

/** Whether a function's own policy lets a service invoke it in the name of a resource; noted if not. */
export function mayInvoke(
  account: Account,
  invoked: LambdaFunction,
  { principal, sourceArn }: { readonly principal: string; readonly sourceArn: string },
): boolean {
  const isAllowed = [...invoked.permissions.values()].some(
    (permission) =>
      permission.principal === principal && matches(permission.sourceArn ?? '*', sourceArn),
  );
  const denial = { caller: sourceArn, action: 'lambda:InvokeFunction', resource: invoked.arn };
  if (!isAllowed) account.denials.push(denial);
  return isAllowed;
}
