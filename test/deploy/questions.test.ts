import { expect, test } from 'vitest';
import type { Deployed } from '../../deploy/outputs.ts';
import { changesBetween, checkProducer, checkSecrets } from '../../deploy/questions.ts';
import { reservationFor } from '../../deploy/reservation.ts';
import { readStage } from '../../deploy/stage.ts';

const PLACE = { stage: 'prod', region: 'eu-central-1' };
const deployed = (more: Partial<Deployed> = {}): Deployed => ({
  settings: {},
  secrets: {},
  producer: 'order-numbers',
  ...more,
});

test('a deployment tells what would change, also what goes back to its default', () => {
  const now = deployed({ settings: { SLUICE_BATCH_SIZE: '200', SLUICE_LEASE_MS: '1000' } });
  const next = deployed({ settings: { SLUICE_BATCH_SIZE: '300', SLUICE_QUEUE_MAX: '5' } });
  expect(changesBetween(now, next)).toEqual([
    'SLUICE_BATCH_SIZE: 200 -> 300',
    'SLUICE_LEASE_MS: 1000 -> (default)',
    'SLUICE_QUEUE_MAX: (default) -> 5',
  ]);
  expect(changesBetween(now, now)).toEqual([]);
});

test('another producer than the one that runs stops a deployment, unless that is meant', () => {
  const check = (isConfirmed: boolean, now?: Deployed) =>
    checkProducer(now, deployed(), { isConfirmed, stage: 'prod' });
  const postgres = deployed({ producer: 'postgres' });
  expect(() => check(false, postgres)).toThrow('from postgres to order-numbers');
  expect(() => check(false, postgres)).toThrow('SLUICE_CHANGE_PRODUCER=on');
  check(true, postgres);
  check(false, deployed());
  check(false, undefined);
});

const NEEDED = { secrets: { 'sluice/prod': ['TOKEN', 'SLUICE_API_KEYS'], other: ['URL'] } };

test('secrets that are missing stop a deployment, each with the command that makes it', async () => {
  const describe = async (name: string) =>
    name === 'other' ? undefined : { names: ['TOKEN'], changedAt: undefined };
  const checking = checkSecrets({ describe }, NEEDED, PLACE);
  await expect(checking).rejects.toThrow(
    'Secrets are missing in Secrets Manager in eu-central-1.\n' +
      '- SLUICE_API_KEYS in sluice/prod: npm run sluice -- keys create --client … --scopes … --stage prod --region eu-central-1\n' +
      '- URL in other: npm run sluice -- secrets put URL --stage prod --region eu-central-1',
  );
});

test('secrets that are there, or that may not be looked at, do not stop a deployment', async () => {
  const all = ['TOKEN', 'SLUICE_API_KEYS', 'URL'];
  const there = async () => ({ names: all, changedAt: undefined });
  expect(await checkSecrets({ describe: there }, NEEDED, PLACE)).toEqual([]);
  const byHand = async () => ({ names: undefined, changedAt: undefined });
  expect(await checkSecrets({ describe: byHand }, NEEDED, PLACE)).toHaveLength(2);
  const denied = Object.assign(new Error('no'), { name: 'AccessDeniedException' });
  const refusing = () => Promise.reject(denied);
  expect(await checkSecrets({ describe: refusing }, NEEDED, PLACE)).toEqual([
    expect.stringContaining('secretsmanager:DescribeSecret'),
  ]);
});

test('Secrets Manager that cannot be asked stops a deployment, and is told as such', async () => {
  const describe = () => Promise.reject(new Error('getaddrinfo ENOTFOUND'));
  await expect(checkSecrets({ describe }, NEEDED, PLACE)).rejects.toThrow('--region');
});

const reserve = (account: Parameters<typeof reservationFor>[1], mode = 'auto') =>
  reservationFor(readStage('prod', { env: { SLUICE_RESERVED: mode }, dir: '.' }), account);

test.each([
  [10, 10, 'none'],
  [50, 50, 'none'],
  [100, 100, 'none'],
  [101, 101, 'none'],
  [102, 102, 'reserved'],
  [1_000, 1_000, 'reserved'],
  [1_000, 102, 'reserved'],
  [1_000, 101, 'none'],
])('of a quota of %i, with %i not reserved, the drain gets: %s', (quota, unreserved, kind) => {
  const found = reserve({ quota, unreserved, ofDrain: 0 });
  expect(found.kind).toBe(kind);
  if (found.kind === 'none') expect(found.warning).toContain(`${quota} Lambda functions at once`);
});

test('what the drain has already is its own', () => {
  expect(reserve({ quota: 1_000, unreserved: 100, ofDrain: 2 }).kind).toBe('reserved');
  expect(reserve({ quota: 1_000, unreserved: 100, ofDrain: 1 }).kind).toBe('none');
});

test('a reservation that is asked for and cannot be had stops a deployment', () => {
  const found = reserve({ quota: 10, unreserved: 10, ofDrain: 0 }, 'on');
  expect(found).toMatchObject({
    kind: 'impossible',
    fault: expect.stringContaining('SLUICE_RESERVED'),
  });
  expect(reserve({ quota: 10, unreserved: 10, ofDrain: 0 }, 'off')).toEqual({
    kind: 'none',
    warning: '',
  });
});

test('where the account may not be asked, nothing is reserved unless that is asked for', () => {
  expect(reserve(undefined)).toMatchObject({
    warning: expect.stringContaining('GetAccountSettings'),
  });
  expect(reserve(undefined, 'on')).toEqual({ kind: 'reserved', executions: 2 });
});
