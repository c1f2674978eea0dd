import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { unzipSync } from 'fflate';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { OPERATIONS } from '../../lib/contract/operations.ts';
import {
  bearer,
  functionEnvironment,
  type Handler,
  httpEvent,
  lambdaContext,
} from '../support/functions.ts';
import { orderBody } from '../support/orders.ts';
import { ROOT } from '../support/source-files.ts';

const FUNCTIONS = [
  'submit-order',
  'submit-batch',
  'get-order',
  'cancel-order',
  'list-orders',
  'dead-letters',
  'redrive-order',
  'redrive-dead-letters',
  'openapi',
  'stats',
  'drain-queue',
  'announce-events',
  'maintain',
] as const;

let dir: string;
let template: { Resources: Record<string, { Type: string; Properties: Record<string, unknown> }> };

// As `npm run package` does, into a folder of its own, without an account or a network.
beforeAll(() => {
  dir = mkdtempSync(path.join(tmpdir(), 'sluice-package-'));
  const { PATH = '', HOME = '' } = process.env;
  execFileSync(process.execPath, ['node_modules/.bin/sls', 'package', '--package', dir], {
    cwd: ROOT,
    env: {
      PATH,
      HOME,
      SLUICE_DRAIN_SLOTS: '2',
    },
    stdio: 'pipe',
  });
  for (const name of FUNCTIONS) {
    const files = unzipSync(readFileSync(path.join(dir, `${name}.zip`)));
    mkdirSync(path.join(dir, name, 'functions'), { recursive: true });
    for (const [file, bytes] of Object.entries(files)) {
      writeFileSync(path.join(dir, name, file), bytes);
    }
  }
  const file = path.join(dir, 'cloudformation-template-update-stack.json');
  template = JSON.parse(readFileSync(file, 'utf8'));
}, 120_000);

afterAll(() => rmSync(dir, { recursive: true, force: true }));

const bundleOf = (name: string) => path.join(dir, name, 'functions', `${name}.mjs`);

const resources = (type: string) =>
  Object.values(template.Resources).filter((resource) => resource.Type === type);

test('each function is one bundle, of 150 KB at most where an order waits for its cold start, else 160', () => {
  for (const name of FUNCTIONS) {
    const document = name === 'openapi' ? statSync(`${ROOT}/docs/openapi.json`).size : 0;
    const kilobytes = name === 'submit-order' ? 150 : 160;
    expect(statSync(bundleOf(name)).size, name).toBeLessThanOrEqual(kilobytes * 1024 + document);
  }
});

// They run from a folder without node_modules, so a bundle that lacks a package fails here.
test('the bundles take an order in, show it, count it and produce it', async () => {
  Object.assign(process.env, functionEnvironment(inject('upstash')));
  const handlers = {} as Record<(typeof FUNCTIONS)[number], Handler>;
  for (const name of FUNCTIONS) handlers[name] = (await import(bundleOf(name))).handler;
  const call = async (name: keyof typeof handlers, ...event: Parameters<typeof httpEvent>) => {
    const answer = await handlers[name](httpEvent(...event), lambdaContext());
    return { status: answer.statusCode, body: JSON.parse(answer.body ?? 'null') };
  };
  const shop = { authorization: bearer('shop'), 'content-type': 'application/json' };
  const admin = { authorization: bearer('admin') };

  const accepted = await call('submit-order', 'POST /orders', {
    headers: { ...shop, 'idempotency-key': 'a' },
    body: JSON.stringify(orderBody()),
  });
  expect(accepted).toMatchObject({ status: 202, body: { status: 'queued' } });
  expect(await call('stats', 'GET /stats', { headers: admin })).toMatchObject({
    body: { queued: 1 },
  });
  expect(await call('drain-queue', 'POST /drain', { headers: admin })).toMatchObject({
    status: 200,
    body: { produced: 1, remaining: 0 },
  });
  const pathParameters = { id: accepted.body.id };
  expect(
    await call('get-order', 'GET /orders/{id}', { headers: shop, pathParameters }),
  ).toMatchObject({ status: 200, body: { status: 'produced', orderNumber: 1 } });
});

test('the template has the routes, arm64 on Node 24, and kept logs for every function', () => {
  const routes = resources('AWS::ApiGatewayV2::Route').map(({ Properties }) => Properties.RouteKey);
  expect(routes.toSorted()).toEqual(Object.keys(OPERATIONS).sort());
  const lambdas = resources('AWS::Lambda::Function');
  expect(lambdas).toHaveLength(FUNCTIONS.length);
  for (const { Properties } of lambdas) {
    expect(Properties).toMatchObject({ Runtime: 'nodejs24.x', Architectures: ['arm64'] });
    expect(Properties.Timeout).toBeGreaterThan(0);
  }
  const logGroups = resources('AWS::Logs::LogGroup');
  expect(logGroups).toHaveLength(FUNCTIONS.length + 1);
  for (const { Properties } of logGroups) expect(Properties.RetentionInDays).toBe(30);
});

test('each drain slot has a schedule, and the drain’s concurrency leaves room for POST /drain', () => {
  const rules = resources('AWS::Events::Rule').map(({ Properties }) => Properties);
  const drains = rules.filter((rule) => rule.ScheduleExpression === 'rate(1 minute)');
  expect(drains.flatMap(({ Targets }) => Targets)).toMatchObject([
    { Input: '{"slot":0}' },
    { Input: '{"slot":1}' },
  ]);
  const drain = resources('AWS::Lambda::Function').find(
    ({ Properties }) => Properties.Handler === 'functions/drain-queue.handler',
  );
  expect(drain?.Properties.ReservedConcurrentExecutions).toBe(3);
});

test('the upkeep is invoked once a day, and has all the time that a Lambda can have', () => {
  const rules = resources('AWS::Events::Rule').map(({ Properties }) => Properties);
  expect(rules.filter((rule) => rule.ScheduleExpression === 'cron(30 3 * * ? *)')).toHaveLength(1);
  const maintain = resources('AWS::Lambda::Function').find(
    ({ Properties }) => Properties.Handler === 'functions/maintain.handler',
  );
  expect(maintain?.Properties.Timeout).toBe(900);
});

test('the announcer is never started where there is no URL', () => {
  const announcer = Object.entries(template.Resources).find(
    ([, { Properties }]) => Properties.Handler === 'functions/announce-events.handler',
  );
  expect(announcer?.[1].Properties.Timeout).toBe(60);
  const targets = resources('AWS::Events::Rule').map(({ Properties }) => Properties.Targets);
  expect(JSON.stringify(targets)).not.toContain(announcer?.[0]);
});
