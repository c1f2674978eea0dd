import { execFile } from 'node:child_process';
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { packageClient } from '../../deploy/package-client.ts';
import { pretendServer, type Received } from '../support/pretend-server.ts';
import { ROOT } from '../support/source-files.ts';

let dir: string;
let bytes: number;

// An app that has installed the package: no more of it than is in the folder.
beforeAll(() => {
  dir = mkdtempSync(path.join(tmpdir(), 'sluice-client-'));
  const packed = path.join(dir, 'packed');
  bytes = packageClient(packed);
  mkdirSync(path.join(dir, 'app/node_modules'), { recursive: true });
  cpSync(packed, path.join(dir, 'app/node_modules/sluice-client'), { recursive: true });
  writeFileSync(path.join(dir, 'app/package.json'), '{"type": "module"}');
});

afterAll(() => rmSync(dir, { recursive: true, force: true }));

interface Ended {
  readonly isDone: boolean;
  readonly out: string;
}

function run(program: string, ...args: string[]): Promise<Ended> {
  return new Promise((resolve) => {
    const options = { cwd: path.join(dir, 'app') };
    execFile(program, args, options, (error, out, err) =>
      resolve({ isDone: error === null, out: `${out}${err}` }),
    );
  });
}

test('the package is small, and its code needs nothing beside it', () => {
  expect(bytes).toBeLessThan(110 * 1024);
  const manifest = JSON.parse(readFileSync(path.join(dir, 'packed/package.json'), 'utf8'));
  expect(Object.keys(manifest.dependencies)).toEqual(['zod']);
});

test('the package submits an order from a folder where nothing else is', async () => {
  const receipt = {
    id: `ord_${'0'.repeat(32)}`,
    status: 'queued',
    customer: 'a',
    currency: 'GBP',
    totalAmount: 1,
    acceptedAt: '2026-11-22T13:37:00.000Z',
  };
  const answering = ({ path: at }: Received) =>
    at === '/orders'
      ? { status: 202, body: receipt }
      : { status: 404, body: { type: '/problems/not-found', detail: 'None.' } };
  const { url, received } = await pretendServer(answering);
  writeFileSync(
    path.join(dir, 'app/app.js'),
    `import { createClient, NotFound } from 'sluice-client';
    const client = createClient({ url: ${JSON.stringify(url.href)}, key: 'k' });
    const order = { customer: 'a', currency: 'GBP', lines: [{ sku: 'x', quantity: 1, unitAmount: 1 }] };
    const { receipt } = await client.submit(order);
    const error = await client.get(receipt.id).catch((thrown) => thrown);
    console.log(receipt.id, error instanceof NotFound, error.problem.detail);`,
  );
  expect(await run(process.execPath, 'app.js')).toEqual({
    isDone: true,
    out: `${receipt.id} true None.\n`,
  });
  expect(received[0]?.headers['idempotency-key']).toMatch(/^"[0-9a-f-]{36}"$/);
});

function typecheck(code: string): Promise<Ended> {
  writeFileSync(path.join(dir, 'app/app.ts'), code);
  const flags = ['--noEmit', '--strict', '--target', 'es2022', '--module', 'nodenext'];
  const tsc = path.join(ROOT, 'node_modules/.bin/tsc');
  const lib = ['--lib', 'es2022,dom,dom.iterable', '--types', ''];
  return run(process.execPath, tsc, ...flags, ...lib, 'app.ts');
}

test('its types come with it: the example of the documentation holds, and a slip is found', async () => {
  const zod = path.join(dir, 'app/node_modules/zod');
  symlinkSync(path.join(ROOT, 'node_modules/zod'), zod);
  const document = readFileSync(`${ROOT}/docs/client.md`, 'utf8');
  const [, example = ''] = /```ts\n(.*?)```/s.exec(document) ?? [];
  expect(await typecheck(example)).toEqual({ isDone: true, out: '' });
  const slip = await typecheck(example.replace("currency: 'GBP'", 'currency: 826'));
  expect(slip.isDone).toBe(false);
  expect(slip.out).toMatch(/'number' is not assignable to type 'string'/);
});
