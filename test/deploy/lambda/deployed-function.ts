import { expect, onTestFinished } from 'vitest';
import { accountWith, deployStack, functionResources } from '../aws/stack.ts';
import { startLambda } from './lambda.ts';

/** A function `fn` of this code, deployed. */
export function deployed(
  code: string,
  {
    properties,
    statements,
    more = {},
  }: { properties?: object; statements?: readonly object[]; more?: Record<string, unknown> } = {},
) {
  const account = accountWith(code);
  const stack = deployStack(account, { ...functionResources(properties, statements), ...more });
  expect(stack.status, JSON.stringify(stack.events)).toBe('CREATE_COMPLETE');
  const lambda = startLambda(account, 'http://127.0.0.1:1');
  onTestFinished(() => lambda.end());
  const invoke = async (event: unknown = {}) => {
    const outcome = await lambda.invoke('fn', JSON.stringify(event));
    return outcome.kind === 'answered' ? JSON.parse(outcome.payload) : outcome;
  };
  return { account, lambda, invoke, stack };
}

/** What it has logged. */
export const lines = ({ account }: ReturnType<typeof deployed>) =>
  account.logGroups.get('/aws/lambda/fn')?.lines ?? [];
