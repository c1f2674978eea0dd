import { expect, inject, test } from 'vitest';
import { parameterStore } from '../support/parameter-store.ts';
import { start } from './command.ts';

const REDIS = {
  UPSTASH_REDIS_REST_URL: 'https://canary.upstash.io',
  UPSTASH_REDIS_REST_TOKEN: 'canary-token',
};

async function deployment(parameters?: Readonly<Record<string, string>>) {
  const store = await parameterStore(parameters);
  const run = (args: string[], env = {}, input?: string) =>
    start(args, { ...store.env, ...env }, input).ended;
  return { store, run };
}

test('secrets that are set are stored encrypted, under the path of the stage, and not printed', async () => {
  const { run, store } = await deployment();
  const { exitCode, out } = await run(['secrets', 'put', '--stage', 'prod'], REDIS);
  expect(exitCode).toBe(0);
  expect(Object.fromEntries(store.values)).toEqual({
    '/sluice/prod/UPSTASH_REDIS_REST_URL': 'https://canary.upstash.io',
    '/sluice/prod/UPSTASH_REDIS_REST_TOKEN': 'canary-token',
  });
  expect(out).toContain('/sluice/prod/UPSTASH_REDIS_REST_TOKEN: version 1');
  expect(out).not.toContain('canary');
});

test('a secret may come from standard input', async () => {
  const { run, store } = await deployment();
  const url = 'postgres://user:canary@db.example/shop';
  expect(
    (
      await run(
        ['secrets', 'put', 'DATABASE_URL', '--stdin'],
        { DATABASE_URL: 'postgres://of-the-shell' },
        `${url}\n`,
      )
    ).exitCode,
  ).toBe(0);
  expect(store.values.get('/sluice/dev/DATABASE_URL')).toBe(url);
});

test.each([
  ['UPSTASH_REDIS_REST_URL', 'canary'],
  ['UPSTASH_REDIS_REST_TOKEN', 'canary canary'],
  ['SLUICE_API_KEYS', '[{"client":"canary"}]'],
  ['DATABASE_URL', 'mysql://canary'],
  ['SLUICE_WEBHOOK_SECRETS', 'canary'],
  ['SLUICE_EVENTS_SECRETS', 'whsec_canary'],
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
  expect(keys.out).toMatch(/^There are none under \/sluice\/prdo in /);
  const doctor = await run(['doctor', '--stage', 'prdo']);
  expect(doctor).toMatchObject({ exitCode: 2, err: expect.stringContaining('secrets put') });
});

test('an AWS that cannot be reached is not taken for wrong credentials', async () => {
  const { run } = await deployment();
  const AWS_ENDPOINT_URL_SSM = 'http://127.0.0.1:1';
  const { exitCode, err } = await run(['secrets', 'list'], { AWS_ENDPOINT_URL_SSM });
  expect(exitCode).toBe(1);
  expect(err).toContain('--region');
  expect(err).not.toContain('AWS_PROFILE');
});

test('the secrets of a stage are listed without their values', async () => {
  const { run } = await deployment({
    '/sluice/prod/SLUICE_API_KEYS': 'canary',
    '/sluice/dev/DATABASE_URL': 'canary',
  });
  const { out } = await run(['secrets', 'list', '--stage', 'prod']);
  expect(out).toMatch(/^name +changed\nSLUICE_API_KEYS +2026-\S+\n$/);
});

test('a key is made for a deployment, listed, and taken away', async () => {
  const { run, store } = await deployment();
  const create = ['keys', 'create', '--stage', 'prod', '--json', '--client'];
  const shop = JSON.parse((await run([...create, 'shop', '--scopes', 'orders:write'])).out);
  const ops = JSON.parse((await run([...create, 'ops', '--scopes', 'orders:admin'])).out);
  const kept = () => JSON.parse(store.values.get('/sluice/prod/SLUICE_API_KEYS') ?? '[]');
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
  const { run, store } = await deployment();
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
  const kept = JSON.parse(store.values.get('/sluice/prod/SLUICE_API_KEYS') ?? '[]');
  expect(kept.map(({ client }: { client: string }) => client)).toEqual(['ops', 'third']);
});

test('no right to store them, and no credentials, are told with what to do', async () => {
  const { run, store } = await deployment();
  const message = 'User is not authorized to perform ssm:PutParameter';
  store.failWith(() => ({ status: 400, body: { __type: 'AccessDeniedException', message } }));
  const denied = await run(['secrets', 'put'], REDIS);
  expect(denied).toMatchObject({ exitCode: 1, err: expect.stringContaining('ssm:PutParameter') });
  const nobody = await run(['secrets', 'put'], {
    ...REDIS,
    AWS_ACCESS_KEY_ID: '',
    AWS_SECRET_ACCESS_KEY: '',
    AWS_EC2_METADATA_DISABLED: 'true',
    HOME: '/nonexistent',
  });
  expect(nobody).toMatchObject({ exitCode: 1, err: expect.stringContaining('AWS_PROFILE') });
});

test('a command takes the settings of a deployment where one is named', async () => {
  const { url, token } = inject('upstash');
  const { run } = await deployment({
    '/sluice/prod/UPSTASH_REDIS_REST_URL': url,
    '/sluice/prod/UPSTASH_REDIS_REST_TOKEN': token,
  });
  const report = await run(['reconcile', '--stage', 'prod', '--json']);
  expect(JSON.parse(report.out)).toMatchObject({ prefix: 'prod:', orders: 0 });
  const none = await run(['reconcile', '--stage', 'none']);
  expect(none).toMatchObject({ exitCode: 2, err: expect.stringContaining('/sluice/none') });
});
