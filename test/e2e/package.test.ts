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
import { FUNCTIONS, ROOT } from '../support/source-files.ts';

let dir: string;
let template: { Resources: Record<string, { Type: string; Properties: Record<string, unknown> }> };

// As `npm run package` does, into a folder of its own, without an account or a network.
beforeAll(() => {
  dir = mkdtempSync(path.join(tmpdir(), 'sluice-package-'));
  const { PATH = '', HOME = '' } = process.env;
  execFileSync(process.execPath, ['node_modules/.bin/sls', 'package', '--package', dir], {
    cwd: ROOT,
    env: { PATH, HOME, SLUICE_DRAIN_SLOTS: '2' },
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

test('each function is one bundle, of at most 130 KB if a submit waits for its cold start, else 152', () => {
  for (const name of FUNCTIONS) {
    const document = name === 'openapi' ? statSync(`${ROOT}/docs/openapi.json`).size : 0;
    const kilobytes = name === 'submit-order' ? 130 : 152;
    expect(statSync(bundleOf(name)).size, name).toBeLessThanOrEqual(kilobytes * 1024 + document);
  }
});

// They run from a folder without node_modules, so a bundle that lacks a package fails here.
test('the bundles accept an order, show it and produce it', async () => {
  Object.assign(process.env, functionEnvironment(inject('upstash')));
  const call = async (name: string, ...event: Parameters<typeof httpEvent>) => {
    const { handler } = (await import(bundleOf(name))) as { handler: Handler };
    const answer = await handler(httpEvent(...event), lambdaContext());
    return { status: answer.statusCode, body: JSON.parse(answer.body ?? 'null') };
  };
  for (const name of FUNCTIONS) await import(bundleOf(name));
  const shop = { authorization: bearer('shop'), 'content-type': 'application/json' };
  const admin = { authorization: bearer('admin') };
  const accepted = await call('submit-order', 'POST /orders', {
    headers: { ...shop, 'idempotency-key': 'a' },
    body: JSON.stringify(orderBody()),
  });
  expect(accepted).toMatchObject({ status: 202, body: { status: 'queued' } });
  const drained = await call('drain-queue', 'POST /drain', { headers: admin });
  expect(drained).toMatchObject({ status: 200, body: { produced: 1, remaining: 0 } });
  const pathParameters = { id: accepted.body.id };
  const order = await call('get-order', 'GET /orders/{id}', { headers: shop, pathParameters });
  expect(order).toMatchObject({ status: 200, body: { status: 'produced', orderNumber: 1 } });
});

const properties = (type: string) => resources(type).map(({ Properties }) => Properties);
const lambda = (name: string) =>
  properties('AWS::Lambda::Function').find(
    ({ Handler }) => Handler === `functions/${name}.handler`,
  );

test('the template has the routes, arm64 on Node 24, and a log of 30 days for every function', () => {
  const routes = properties('AWS::ApiGatewayV2::Route').map(({ RouteKey }) => RouteKey);
  expect(routes.toSorted()).toEqual(Object.keys(OPERATIONS).sort());
  const lambdas = properties('AWS::Lambda::Function');
  expect(lambdas).toHaveLength(FUNCTIONS.length);
  for (const { Runtime, Architectures, Timeout } of lambdas) {
    expect([Runtime, Architectures]).toEqual(['nodejs24.x', ['arm64']]);
    expect(Timeout).toBeGreaterThan(0);
  }
  const logs = properties('AWS::Logs::LogGroup').map(({ RetentionInDays }) => RetentionInDays);
  expect(logs).toEqual(Array(FUNCTIONS.length + 1).fill(30));
});

test('each drain slot, and the upkeep, has a schedule; the announcer has none without a URL', () => {
  const rules = properties('AWS::Events::Rule');
  const at = (rate: string) => rules.filter((rule) => rule.ScheduleExpression === rate);
  expect(at('rate(1 minute)').flatMap(({ Targets }) => Targets)).toMatchObject([
    { Input: '{"slot":0}' },
    { Input: '{"slot":1}' },
  ]);
  expect(at('cron(30 3 * * ? *)')).toHaveLength(1);
  expect(rules).toHaveLength(3);
  // A place more than slots, for POST /drain.
  expect(lambda('drain-queue')?.ReservedConcurrentExecutions).toBe(3);
  expect(lambda('maintain')?.Timeout).toBe(900);
});
