import { expect, test } from 'vitest';
import { awsRequests } from '../../lib/aws/request.ts';
import { systemClock } from '../../lib/clock.ts';
import { SecretsUnavailable } from '../../lib/secrets/errors.ts';
import { readSecrets } from '../../lib/secrets/secret-store.ts';
import { secretsManager } from '../support/secrets-manager.ts';

async function store() {
  const initial = { 'sluice/test': { A: '1', B: '2' }, 'sluice/test/downstream': { C: '3' } };
  const manager = await secretsManager(initial);
  const send = awsRequests(manager.env, 'secretsmanager', Date.now);
  const source = { send, clock: systemClock, random: () => 0 };
  const names = Object.keys(initial);
  return { manager, read: (timeMs = 2_000) => readSecrets(source, names, timeMs) };
}

test('the variables of all secrets are read, in requests that are signed for the role', async () => {
  const { manager, read } = await store();
  expect(await read()).toEqual({ A: '1', B: '2', C: '3' });
  expect(manager.received).toHaveLength(2);
  const { headers } = manager.received[0] ?? {};
  expect(headers?.authorization).toMatch(
    /^AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE\/\d{8}\/eu-central-1\/secretsmanager\/aws4_request, SignedHeaders=[^,]*x-amz-target[^,]*, Signature=[0-9a-f]{64}$/,
  );
  expect(headers?.['x-amz-security-token']).toBe('session-of-the-role');
});

test.each([
  ['throttled', { status: 400, body: { __type: 'ThrottlingException' } }],
  ['answered with 500', { status: 500, body: { __type: 'InternalServiceError' } }],
  ['answered without JSON', { status: 200, body: undefined }],
  ['cut off', 'reset'],
] as const)('a call that is %s is made again', async (_, reply) => {
  const { read, manager } = await store();
  let faults = 3;
  manager.failWith(() => {
    faults -= 1;
    if (faults === 0) manager.failWith(undefined);
    return reply;
  });
  expect(await read()).toEqual({ A: '1', B: '2', C: '3' });
});

test('a role that may not read them is told at once, by the code alone', async () => {
  const { read, manager } = await store();
  const message = 'User: canary is not authorized to perform: secretsmanager:GetSecretValue';
  manager.failWith(() => ({ status: 400, body: { __type: 'AccessDeniedException', message } }));
  await expect(read()).rejects.toThrow(
    new SecretsUnavailable('The secret could not be read (AccessDeniedException)', 'refused'),
  );
});

test('a store that stays throttled is given up when the time is up', async () => {
  const { read, manager } = await store();
  manager.failWith(() => ({ status: 400, body: { __type: 'ThrottlingException' } }));
  await expect(read(50)).rejects.toMatchObject({ why: 'unreachable' });
  expect(manager.received.length).toBeGreaterThan(2);
});

test.each(['', '[]', '"text"', '{"A": 1}', 'canary'])(
  'a secret that holds %j is told as such, without its value',
  async (text) => {
    const { read, manager } = await store();
    const versions = [{ id: 'v', text, stages: new Set(['AWSCURRENT']) }];
    manager.secrets.set('sluice/test', { description: '', versions });
    await expect(read()).rejects.toThrow(/^The secret sluice\/test must be a JSON object/);
  },
);
