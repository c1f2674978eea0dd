import type { AwsRequest } from './request.ts';

/**
 * Has a Lambda function run, without waiting for it.
 *
 * @throws Error where it was not accepted
 * @see https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html
 */
export async function invokeLater(
  send: AwsRequest,
  functionName: string,
  payload: object,
  timeMs: number,
): Promise<void> {
  const path = `/2015-03-31/functions/${encodeURIComponent(functionName)}/invocations`;
  const headers = { 'content-type': 'application/json', 'x-amz-invocation-type': 'Event' };
  const response = await send(path, { headers, body: JSON.stringify(payload) }, timeMs);
  await response.body?.cancel();
  if (response.status !== 202) throw new Error(`Lambda answered with status ${response.status}`);
}
