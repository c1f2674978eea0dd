import { expect, inject, test } from 'vitest';
import { entryOf } from '../../lib/http/api-keys.ts';
import { secretsManager, variablesOf } from '../support/secrets-manager.ts';
import { start } from './command.ts';

const REDIS = {
  UPSTASH_REDIS_REST_URL: 'https://canary.upstash.io',
  UPSTASH_REDIS_REST_TOKEN: 'canary-token',
};

async function deployment(secrets?: Parameters<typeof secretsManager>[0]) {
  const store = await secretsManager(secrets);
  const run = (args: string[], env = {}, input?: string) =>
    start(args, { ...store.env, ...env }, input).ended;
  const kept = (name: string) => variablesOf(store.secrets, name);
  return { store, run, kept };
}

test('secrets that are set are stored under the name of the stage, and not printed', async () => {
  const { run, kept, store } = await deployment();
  const env = { ...REDIS, DATABASE_URL: 'postgres://user:canary@db.example/shop' };
  const { exitCode, out } = await run(['secrets', 'put', '--stage', 'prod'], env);
  expect(exitCode).toBe(0);
  expect(kept('sluice/prod')).toEqual(REDIS);
  expect(kept('sluice/prod/downstream')).toEqual({ DATABASE_URL: env.DATABASE_URL });
  expect(store.secrets.get('sluice/prod')?.description).toBe(
    'Sluice: UPSTASH_REDIS_REST_TOKEN, UPSTASH_REDIS_REST_URL',
  );
  expect(out).toContain('UPSTASH_REDIS_REST_TOKEN is in sluice/prod\n');
  expect(out).not.toContain('canary');
});

test('a secret may come from standard input, and leaves the others as they are', async () => {
  const { run, kept } = await deployment({ 'sluice/dev/downstream': { ERP_TOKEN: 'a' } });
  const url = 'postgres://user:canary@db.example/shop';
  const shell = { DATABASE_URL: 'postgres://of-the-shell' };
  const { exitCode } = await run(['secrets', 'put', 'DATABASE_URL', '--stdin'], shell, `${url}\n`);
  expect(exitCode).toBe(0);
  expect(kept('sluice/dev/downstream')).toEqual({ ERP_TOKEN: 'a', DATABASE_URL: url });
});

test.each([
  ['UPSTASH_REDIS_REST_URL', 'canary'],
  ['UPSTASH_REDIS_REST_URL', 'http://canary.upstash.io'],
  ['UPSTASH_REDIS_REST_TOKEN', 'canary canary'],
  ['SLUICE_API_KEYS', '[{"client":"canary"}]'],
  ['DATABASE_URL', 'mysql://canary'],
  ['SLUICE_WEBHOOK_SECRETS', 'canary'],
  ['SLUICE_EVENTS_SECRETS', 'whsec_canary'],
  ['SLUICE_EVENTS_URL_TOKEN', 'canary canary'],
  ['SLUICE_API_KEYS', JSON.stringify([entryOf('local-admin-key', 'canary', ['orders:admin'])])],
])('%s is checked before anything is stored, and its value not told', async (name, value) => {
  const { run, store } = await deployment();
  const { exitCode, err, out } = await run(['secrets', 'put'], { ...REDIS, [name]: value });
  expect(exitCode).toBe(2);
  expect(err).toContain(`${name} is wrong`);
  expect(err + out).not.toContain('canary');
  expect(store.received).toHaveLength(0);
});

test('a secret that is empty is not stored, and of one that Sluice does not know it is said', async () => {
  const { run, store } = await deployment();
  const empty = await run(['secrets', 'put', 'DATABASE_URL', '--stdin'], {}, '\n');
  expect(empty).toMatchObject({ exitCode: 2, err: expect.stringContaining('is empty') });
  expect(store.received).toHaveLength(0);
  const own = await run(['secrets', 'put', 'DATABASE_ULR', '--stdin'], {}, 'canary');
  expect(own).toMatchObject({ exitCode: 0, out: expect.stringContaining('producer of your own') });
});

test('a stage that has no keys, or no secrets, is told as such, with what to do', async () => {
  const { run } = await deployment();
  const keys = await run(['keys', 'list', '--stage', 'prdo']);
  expect(keys.out).toMatch(/^The stage prdo has no API keys in /);
  const doctor = await run(['doctor', '--stage', 'prdo']);
  expect(doctor).toMatchObject({ exitCode: 2, err: expect.stringContaining('setup --stage prdo') });
});

test('an AWS that cannot be reached is not taken for wrong credentials', async () => {
  const { run } = await deployment();
  const AWS_ENDPOINT_URL_SECRETS_MANAGER = 'http://127.0.0.1:1';
  const env = { AWS_ENDPOINT_URL_SECRETS_MANAGER, AWS_MAX_ATTEMPTS: '1' };
  const { exitCode, err } = await run(['secrets', 'list'], env);
  expect(exitCode).toBe(1);
  expect(err).toContain('--region');
  expect(err).not.toContain('AWS_PROFILE');
});

test('the secrets of a stage are listed without their values', async () => {
  const { run, store } = await deployment({
    'sluice/prod': { SLUICE_API_KEYS: 'canary' },
    'sluice/dev': { DATABASE_URL: 'canary' },
  });
  const { out } = await run(['secrets', 'list', '--stage', 'prod']);
  expect(out).toMatch(/^name +secret +changed\nSLUICE_API_KEYS +sluice\/prod +2026-\S+\n$/);
  const asked = store.received.map(({ headers }) => headers['x-amz-target']);
  expect(new Set(asked)).toEqual(new Set(['secretsmanager.DescribeSecret']));
});

test('a key is made for a deployment, listed, and taken away', async () => {
  const { run, kept: variables } = await deployment();
  const create = ['keys', 'create', '--stage', 'prod', '--json', '--client'];
  const shop = JSON.parse((await run([...create, 'shop', '--scopes', 'orders:write'])).out);
  const ops = JSON.parse((await run([...create, 'ops', '--scopes', 'orders:admin'])).out);
  const kept = () => JSON.parse(variables('sluice/prod').SLUICE_API_KEYS ?? '[]');
  expect(kept()).toEqual([shop.entry, ops.entry]);
  expect(JSON.stringify(kept())).not.toContain(shop.key);

  const { out } = await run(['keys', 'list', '--stage', 'prod']);
  expect(out).toContain(`shop    orders:write  ${shop.entry.sha256.slice(0, 12)}`);

  const revoke = (digits: string) => run(['keys', 'revoke', '--stage', 'prod', digits]);
  expect((await revoke('ffffffffffff')).exitCode).toBe(1);
  // Whoever hands over no digits, or one, has named no key.
  for (const digits of ['', shop.entry.sha256.slice(0, 1), 'no-digest']) {
    expect(await revoke(digits)).toMatchObject({
      exitCode: 2,
      err: expect.stringContaining('4 digits'),
    });
  }
  expect(kept()).toHaveLength(2);
  const revoked = await revoke(shop.entry.sha256.slice(0, 12));
  expect(revoked).toMatchObject({ exitCode: 0, out: expect.stringContaining('(shop, ') });
  expect(kept()).toEqual([ops.entry]);
  const last = await revoke(ops.entry.sha256);
  expect(last).toMatchObject({ exitCode: 1, err: expect.stringContaining('the only key') });
  expect(kept()).toEqual([ops.entry]);
});

test('a key that is taken away while another is made stays away, and the other is kept', async () => {
  const { run, store, kept: variables } = await deployment();
  const create = (client: string) =>
    run([
      'keys',
      'create',
      '--json',
      '--stage',
      'prod',
      '--client',
      client,
      '--scopes',
      'orders:read',
    ]);
  const shop = JSON.parse((await create('shop')).out);
  await create('ops');
  // Between the reading and the putting of one command another has taken the shop's key away.
  store.beforePut(async () => {
    store.beforePut(undefined);
    await run(['keys', 'revoke', '--stage', 'prod', shop.entry.sha256]);
  });
  expect((await create('third')).exitCode).toBe(0);
  const kept = JSON.parse(variables('sluice/prod').SLUICE_API_KEYS ?? '[]');
  expect(kept.map(({ client }: { client: string }) => client)).toEqual(['ops', 'third']);
});

test('no right to store them, and no credentials, are told with what to do', async () => {
  const { run, store } = await deployment();
  const message = 'User is not authorized to perform secretsmanager:PutSecretValue';
  store.failWith(() => ({ status: 400, body: { __type: 'AccessDeniedException', message } }));
  const denied = await run(['secrets', 'put'], REDIS);
  expect(denied).toMatchObject({ exitCode: 1, err: expect.stringContaining('"Rights"') });
  const nobody = await run(['secrets', 'put'], {
    ...REDIS,
    AWS_ACCESS_KEY_ID: '',
    AWS_SECRET_ACCESS_KEY: '',
    AWS_EC2_METADATA_DISABLED: 'true',
    HOME: '/nonexistent',
  });
  expect(nobody).toMatchObject({ exitCode: 1, err: expect.stringContaining('AWS_PROFILE') });
});

test('a command takes the settings of a deployment where one is named, and not the shell’s', async () => {
  const { url, token } = inject('upstash');
  const { run } = await deployment({
    'sluice/prod': { UPSTASH_REDIS_REST_URL: url, UPSTASH_REDIS_REST_TOKEN: token },
  });
  const shell = { UPSTASH_REDIS_REST_URL: 'http://127.0.0.1:1', UPSTASH_REDIS_REST_TOKEN: 'x' };
  const report = await run(['reconcile', '--stage', 'prod', '--json'], shell);
  expect(JSON.parse(report.out)).toMatchObject({ prefix: 'prod:', orders: 0 });
  const none = await run(['reconcile', '--stage', 'none'], shell);
  expect(none).toMatchObject({ exitCode: 2, err: expect.stringContaining('stage none has no') });
});

test('more than 29 keys fit', async () => {
  const entries = Array.from({ length: 400 }, (_, at) => ({
    client: `client-${at}`,
    scopes: ['orders:write', 'orders:read'],
    sha256: at.toString(16).padStart(64, '0'),
  }));
  const SLUICE_API_KEYS = JSON.stringify(entries.slice(1));
  const { run, kept } = await deployment({ 'sluice/dev': { SLUICE_API_KEYS } });
  const create = ['keys', 'create', '--stage', 'dev', '--client', 'one', '--scopes', 'orders:read'];
  expect((await run(create)).exitCode).toBe(0);
  expect(JSON.parse(kept('sluice/dev').SLUICE_API_KEYS ?? '')).toHaveLength(400);
});
