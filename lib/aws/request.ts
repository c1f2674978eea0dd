import type { Environment } from '../settings.ts';
import { signedHeaders } from './signature.ts';

/** One request to a service of AWS, signed for whom the Lambda runs as. */
export type AwsRequest = (
  path: string,
  request: { readonly headers: Readonly<Record<string, string>>; readonly body: string },
  timeoutMs: number,
) => Promise<Response>;

/** How each service's name is spelled in the variable of its endpoint. */
const IN_VARIABLES = { secretsmanager: 'SECRETS_MANAGER', lambda: 'LAMBDA' } as const;

/**
 * Makes requests to one service, in the region and with the credentials that Lambda puts into the
 * environment. `AWS_ENDPOINT_URL_<SERVICE>` and `AWS_ENDPOINT_URL` lead elsewhere.
 *
 * The SDK's client for one service would be 620 KB of a bundle; this is one.
 *
 * @param now  Unix milliseconds
 *
 * @see https://docs.aws.amazon.com/sdkref/latest/guide/feature-ss-endpoints.html
 */
export function awsRequests(
  env: Environment,
  service: keyof typeof IN_VARIABLES,
  now: () => number,
): AwsRequest {
  const region = env.AWS_REGION ?? '';
  const endpoint =
    env[`AWS_ENDPOINT_URL_${IN_VARIABLES[service]}`] ||
    env.AWS_ENDPOINT_URL ||
    urlOf(service, region);
  const signer = {
    ...{ region, service },
    accessKeyId: env.AWS_ACCESS_KEY_ID ?? '',
    secretAccessKey: env.AWS_SECRET_ACCESS_KEY ?? '',
    sessionToken: env.AWS_SESSION_TOKEN,
  };
  return async (path, { headers, body }, timeoutMs) => {
    const url = new URL(`${endpoint.replace(/\/+$/, '')}${path}`);
    return await fetch(url, {
      method: 'POST',
      headers: signedHeaders({ url, headers, body }, signer, now()),
      body,
      redirect: 'error',
      signal: AbortSignal.timeout(timeoutMs),
    });
  };
}

function urlOf(service: string, region: string): string {
  const domain = region.startsWith('cn-') ? 'amazonaws.com.cn' : 'amazonaws.com';
  return `https://${service}.${region}.${domain}`;
}
