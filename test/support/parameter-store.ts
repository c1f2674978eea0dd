import { type Answering, pretendServer, type Received, type Reply } from './pretend-server.ts';

interface Request {
  readonly Names: readonly string[];
  readonly WithDecryption?: boolean;
  readonly Name: string;
  readonly Value: string;
  readonly Type: string;
  readonly Overwrite?: boolean;
  readonly Path: string;
}

/**
 * The SSM Parameter Store, as far as Sluice uses it: forms, limits and errors are those of the API's
 * reference.
 *
 * @see https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_Operations.html
 */
export async function parameterStore(parameters: Readonly<Record<string, string>> = {}) {
  const values = new Map(Object.entries(parameters));
  const versions = new Map([...values.keys()].map((name) => [name, 1]));
  const history = new Map<string, string>();
  let fault: Answering | undefined;
  let meanwhile: (() => Promise<void>) | undefined;

  const operations: Record<string, (request: Request) => Reply> = {
    GetParameters({ Names, WithDecryption }) {
      if (Names.length === 0 || Names.length > 10) return refused('ValidationException');
      const keptOf = (name: string) => values.get(name) ?? history.get(name);
      const Parameters = Names.filter((name) => keptOf(name) !== undefined).map((selector) => ({
        Name: selector.split(':')[0],
        Type: 'SecureString',
        Value: WithDecryption ? keptOf(selector) : 'encrypted',
        Version: Number(selector.split(':')[1] ?? versions.get(selector)),
      }));
      const InvalidParameters = Names.filter((name) => keptOf(name) === undefined);
      return { status: 200, body: { Parameters, InvalidParameters } };
    },

    PutParameter({ Name, Value, Type, Overwrite }) {
      if (Type !== 'SecureString') return refused('ValidationException');
      if (values.has(Name) && !Overwrite) return refused('ParameterAlreadyExists');
      const Version = (versions.get(Name) ?? 0) + 1;
      values.set(Name, Value);
      versions.set(Name, Version);
      history.set(`${Name}:${Version}`, Value);
      return { status: 200, body: { Version, Tier: 'Standard' } };
    },

    GetParametersByPath({ Path }) {
      const names = [...values.keys()].filter((name) => name.startsWith(`${Path}/`));
      const LastModifiedDate = 1_795_354_620;
      return {
        status: 200,
        body: { Parameters: names.map((Name) => ({ Name, LastModifiedDate })) },
      };
    },
  };

  function answer({ method, headers, body }: Received): Reply {
    const [, name = ''] = /^AmazonSSM\.(\w+)$/.exec(String(headers['x-amz-target'])) ?? [];
    const isRight = method === 'POST' && headers['content-type'] === 'application/x-amz-json-1.1';
    return (isRight && operations[name]?.(JSON.parse(body))) || refused('ValidationException');
  }

  const server = await pretendServer(async (request) => {
    if (String(request.headers['x-amz-target']).endsWith('PutParameter')) await meanwhile?.();
    return fault?.(request) ?? answer(request);
  });
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
    /** What happens each time before a parameter is put. */
    beforePut(happens: (() => Promise<void>) | undefined) {
      meanwhile = happens;
    },
    /** Answers so from now on; as it should where it is `undefined`. */
    failWith(answering: Answering | undefined) {
      fault = answering;
    },
  };
}

function refused(__type: string): Reply {
  return { status: 400, headers: { 'x-amzn-errortype': __type }, body: { __type, message: 'No.' } };
}
