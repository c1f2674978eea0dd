import { type Answering, pretendServer, type Received } from './pretend-server.ts';

/**
 * The SSM Parameter Store, as far as `GetParameters` goes: its form, its limit of ten names and its
 * errors are those of the API's reference.
 *
 * @see https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_GetParameters.html
 */
export async function parameterStore(parameters: Readonly<Record<string, string>>) {
  const values = new Map(Object.entries(parameters));
  let fault: Answering | undefined;
  const server = await pretendServer((request) => fault?.(request) ?? answer(request, values));
  return {
    values,
    received: server.received,
    /** What a Lambda finds in its environment that leads it here. */
    env: {
      AWS_ENDPOINT_URL_SSM: server.url.href,
      AWS_REGION: 'eu-central-1',
      AWS_ACCESS_KEY_ID: 'AKIDEXAMPLE',
      AWS_SECRET_ACCESS_KEY: 'secret-of-the-role',
      AWS_SESSION_TOKEN: 'session-of-the-role',
    },
    /** Answers so from now on; as it should where it is `undefined`. */
    failWith(answering: Answering | undefined) {
      fault = answering;
    },
  };
}

function answer({ method, headers, body }: Received, values: ReadonlyMap<string, string>) {
  const { Names: names, WithDecryption: isDecrypted } = JSON.parse(body) as {
    Names: string[];
    WithDecryption?: boolean;
  };
  const isRight =
    method === 'POST' &&
    headers['x-amz-target'] === 'AmazonSSM.GetParameters' &&
    headers['content-type'] === 'application/x-amz-json-1.1' &&
    names.length >= 1 &&
    names.length <= 10;
  if (!isRight) return { status: 400, body: { __type: 'ValidationException' } };
  const known = names.filter((name) => values.has(name));
  return {
    status: 200,
    body: {
      Parameters: known.map((Name) => ({
        Name,
        Type: 'SecureString',
        Value: isDecrypted ? values.get(Name) : 'encrypted',
      })),
      InvalidParameters: names.filter((name) => !values.has(name)),
    },
  };
}
