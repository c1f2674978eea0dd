import { expect, test } from 'vitest';
import { awsRequests } from '../../lib/aws/request.ts';
import { systemClock } from '../../lib/clock.ts';
import { SecretsUnavailable } from '../../lib/secrets/errors.ts';
import { readParameters } from '../../lib/secrets/parameters.ts';
import { parameterStore } from '../support/parameter-store.ts';

async function store() {
  const names = Array.from({ length: 12 }, (_, index) => `/sluice/test/NAME_${index}`);
  const ssm = await parameterStore(Object.fromEntries(names.map((name) => [name, `of ${name}`])));
  const send = awsRequests(ssm.env, 'ssm');
  const source = { send, clock: systemClock, random: () => 0 };
  return { ssm, names, read: (timeMs = 2_000) => readParameters(source, names, timeMs) };
}

test('parameters are read decrypted, ten in a call, signed for the role', async () => {
  const { names, read, ssm } = await store();
  const values = await read();
  expect([...values.keys()]).toEqual(names);
  expect(values.get('/sluice/test/NAME_11')).toBe('of /sluice/test/NAME_11');
  expect(ssm.received).toHaveLength(2);
  const { headers } = ssm.received[0] ?? {};
  expect(headers?.authorization).toMatch(
    /^AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE\/\d{8}\/eu-central-1\/ssm\/aws4_request, SignedHeaders=[^,]*x-amz-target[^,]*, Signature=[0-9a-f]{64}$/,
  );
  expect(headers?.['x-amz-security-token']).toBe('session-of-the-role');
});

test.each([
  ['throttled', { status: 400, body: { __type: 'ThrottlingException' } }],
  ['answered with 500', { status: 500, body: { __type: 'InternalServerError' } }],
  ['answered with no JSON', { status: 200, body: undefined }],
  ['cut off', 'reset'],
] as const)('a call that is %s is made again', async (_, reply) => {
  const { read, ssm } = await store();
  let faults = 2;
  ssm.failWith(() => {
    faults -= 1;
    if (faults === 0) ssm.failWith(undefined);
    return reply;
  });
  expect((await read()).size).toBe(12);
  expect(ssm.received).toHaveLength(4);
});

test('a role that may not read them is told by its code, at once', async () => {
  const { read, ssm } = await store();
  const message = 'User: canary is not authorized to perform: ssm:GetParameters';
  ssm.failWith(() => ({ status: 400, body: { __type: 'AccessDeniedException', message } }));
  const reading = read();
  await expect(reading).rejects.toThrow(
    new SecretsUnavailable('The parameters could not be read (AccessDeniedException)'),
  );
  expect(ssm.received).toHaveLength(1);
});

test('a store that stays throttled is given up when the time is up', async () => {
  const { read, ssm } = await store();
  ssm.failWith(() => ({ status: 400, body: { __type: 'ThrottlingException' } }));
  await expect(read(50)).rejects.toThrow(SecretsUnavailable);
  expect(ssm.received.length).toBeGreaterThan(1);
});
