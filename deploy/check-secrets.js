import { awsRequests } from '../lib/aws/request.ts';
import { allSecrets, parameterName } from './secrets.js';

/** What one call takes. */
const NAMES_MAX = 10;
const TIMEOUT_MS = 10_000;

/**
 * Stops a deployment whose functions would find no secrets. Their values are not asked for: whoever
 * deploys need not be one who may know them.
 *
 * @param provider  osls's, which has the region, the stage and the deployer's credentials
 * @throws Error naming each parameter that is missing or could be read by anybody, and what to do
 */
export async function checkSecrets(provider, log) {
  const stage = provider.getStage();
  const names = new Map(allSecrets.map((secret) => [parameterName(secret, stage), secret]));
  const types = await typesOf([...names.keys()], await requestsOf(provider));
  if (types === undefined) {
    log.warning(
      'Whether the secrets are in the Parameter Store was not checked: these credentials have no ' +
        'ssm:GetParameters there.',
    );
    return;
  }
  const where = `--stage ${stage} --region ${provider.getRegion()}`;
  const faults = [...names].flatMap(([name, secret]) => {
    const type = types.get(name);
    if (type === 'SecureString') return [];
    const what = type === undefined ? 'is missing' : `is a ${type} and not a SecureString`;
    return [`- ${name} ${what}: ${commandFor(secret)} ${where}`];
  });
  if (faults.length === 0) return;
  throw new Error(
    `The functions read secrets that are not in the Parameter Store of ${provider.getRegion()}.\n` +
      faults.join('\n'),
  );
}

/** Keys are made, and not put: what is kept of them nobody has at hand. */
function commandFor(secret) {
  if (secret === 'SLUICE_API_KEYS') {
    return 'npm run sluice -- keys create --client … --scopes …';
  }
  return `npm run sluice -- secrets put ${secret}`;
}

async function requestsOf(provider) {
  const { accessKeyId, secretAccessKey, sessionToken } =
    await provider.getAwsSdkV3CredentialsProvider()();
  const credentials = {
    AWS_REGION: provider.getRegion(),
    AWS_ACCESS_KEY_ID: accessKeyId,
    AWS_SECRET_ACCESS_KEY: secretAccessKey,
    AWS_SESSION_TOKEN: sessionToken,
  };
  return awsRequests({ ...process.env, ...credentials }, 'ssm');
}

/** The types of the parameters that there are, by name; `undefined` where that may not be known. */
async function typesOf(names, send) {
  const types = new Map();
  for (let at = 0; at < names.length; at += NAMES_MAX) {
    const Names = names.slice(at, at + NAMES_MAX);
    const headers = {
      'content-type': 'application/x-amz-json-1.1',
      'x-amz-target': 'AmazonSSM.GetParameters',
    };
    const body = JSON.stringify({ Names, WithDecryption: false });
    const response = await send('/', { headers, body }, TIMEOUT_MS).catch((error) => {
      throw new Error(
        `The Parameter Store could not be reached: ${error.cause?.message ?? error.message}.\n` +
          'Look whether --region or AWS_REGION is right, and whether this machine is online.',
      );
    });
    const answer = await response.json();
    if (/AccessDenied/.test(answer.__type)) return undefined;
    if (!response.ok) {
      throw new Error(
        `The Parameter Store could not be asked: ${answer.__type ?? response.status}`,
      );
    }
    for (const { Name, Type } of answer.Parameters) types.set(Name, Type);
  }
  return types;
}
