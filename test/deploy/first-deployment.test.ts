import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { keepVariables } from '../support/secrets-manager.ts';
import { type Aws, startAws } from './aws/aws.ts';
import { copiedProject, type Sls, slsIn } from './aws/sls.ts';

const SHARED = {
  UPSTASH_REDIS_REST_URL: 'https://shop.upstash.io',
  UPSTASH_REDIS_REST_TOKEN: 'token',
  SLUICE_API_KEYS: '[]',
};

const reservedBy = (aws: Aws) =>
  aws.account.functions.get('sluice-dev-drain-queue')?.reservedConcurrency;

describe.each([
  { quota: 10, reserved: undefined },
  { quota: 50, reserved: undefined },
  { quota: 100, reserved: undefined },
  { quota: 1_000, reserved: 2 },
])('an account that may run $quota functions at once', ({ quota, reserved }) => {
  let aws: Aws;
  let project: ReturnType<typeof copiedProject>;
  let sls: Sls;

  beforeAll(async () => {
    aws = await startAws('eu-central-1', quota);
    project = copiedProject();
    sls = slsIn(project.dir, { aws, deployer: aws.deployer }, {});
    keepVariables(aws.account.secrets, 'sluice/dev', SHARED);
  });
  afterAll(async () => {
    project.remove();
    await aws.stop();
  });

  test('deploys at the first try, and is told what it lacks', async () => {
    const first = await sls(['deploy']);
    expect(first, first.printed).toMatchObject({ code: 0 });
    expect(aws.account.stacks.get('sluice-dev')?.status).toBe('UPDATE_COMPLETE');
    expect(reservedBy(aws)).toBe(reserved);
    expect(/Before a sale, ask AWS for more/.test(first.printed)).toBe(reserved === undefined);
  }, 300_000);
});

test('a rollback asks what a deployment asks', async () => {
  const aws = await startAws('eu-central-1');
  const project = copiedProject();
  onTestFinished(async () => {
    project.remove();
    await aws.stop();
  });
  const sls = slsIn(project.dir, { aws, deployer: aws.deployer }, {});
  keepVariables(aws.account.secrets, 'sluice/dev', SHARED);
  expect((await sls(['deploy'])).code).toBe(0);
  keepVariables(aws.account.secrets, 'sluice/dev/downstream', { DATABASE_URL: 'postgres://…' });
  const postgres = { SLUICE_PRODUCER: 'postgres' };
  const confirmed = { SLUICE_CHANGE_PRODUCER: 'on' };
  const changed = await sls(['deploy'], { ...postgres, ...confirmed });
  expect(changed, changed.printed).toMatchObject({ code: 0 });
  expect(changed.printed).toContain('SLUICE_PRODUCER: (default) -> postgres');
  const forgotten = await sls(['deploy']);
  expect(forgotten).toMatchObject({ code: 1 });
  expect(forgotten.printed).toContain('from postgres to order-numbers');

  const keys = [...aws.account.buckets.values()].flatMap((bucket) => [...bucket.keys()]);
  const times = keys.flatMap((key) => /\/(\d+)-/.exec(key)?.[1] ?? []);
  const [timestamp = ''] = times.sort();
  const back = ['rollback', '--timestamp', timestamp];
  const stopped = await sls(back);
  expect(stopped).toMatchObject({ code: 1 });
  expect(stopped.printed).toContain('from postgres to order-numbers');
  const done = await sls(back, confirmed);
  expect(done, done.printed).toMatchObject({ code: 0 });
  expect(done.printed).toContain('SLUICE_PRODUCER: postgres -> (default)');
  expect(aws.account.stacks.get('sluice-dev')?.template).toContain('"producer":"order-numbers"');

  aws.account.secrets.delete('sluice/dev');
  expect((await sls(back, confirmed)).printed).toContain('Secrets are missing');
}, 300_000);
