/**
 * `node test/console/large.ts`: how long each view of the console takes with 1,000,000 kept orders and 10,000
 * dead ones. `node test/console/large.ts 50000 2000` loads fewer.
 */
import type { Page } from 'playwright-core';
import { fill } from '../../bench/scale/load.ts';
import { startConsole } from '../../console/server/console.ts';
import { OPERATOR_KEY } from '../../local/api-keys.ts';
import { startStack } from '../../local/stack.ts';
import { newOrder } from '../support/orders.ts';
import { steppedClock } from '../support/stepped-clock.ts';
import { storeWith, submitAll } from '../support/store.ts';
import { startBrowser } from './chromium.ts';
import { drainOnce } from './seed.ts';

const VIEW_MS_MAX = 1_500;
const AT_ONCE = 500;
const [kept = 1_000_000, dead = 10_000] = process.argv.slice(2).map(Number);

const stack = await startStack({ port: 0, isScheduled: false, onLog: () => undefined });
const browser = await startBrowser();
const store = storeWith(stack.redis, '');
const nowMs = Date.now();

/** What fills a database, over HTTP. */
const connection = {
  async send(commands: string[][]) {
    const answer = await fetch(`${stack.redis.url}/pipeline`, {
      method: 'POST',
      headers: { authorization: `Bearer ${stack.redis.token}` },
      body: JSON.stringify(commands),
    });
    if (!answer.ok) throw new Error(await answer.text());
    const replies = (await answer.json()) as { error?: string }[];
    return replies.map(({ error = '' }) => ({
      kind: error === '' ? 'null' : 'error',
      text: error,
    }));
  },
} as unknown as Parameters<typeof fill>[0];

async function die(): Promise<void> {
  for (let from = 0; from < dead; from += AT_ONCE) {
    const orders = Array.from({ length: AT_ONCE }, (_, nth) =>
      newOrder(`dead-${from + nth}`, { acceptedAtMs: nowMs }),
    );
    await submitAll(store, orders, nowMs);
    const rejected = async (some: readonly { id: string }[]) =>
      new Map(
        some.map(({ id }, nth) => [
          id,
          { kind: 'rejected', reason: `SKU ${nth} is gone` } as const,
        ]),
      );
    await drainOnce(store, steppedClock(nowMs), rejected, { batchSize: AT_ONCE });
  }
}

const shown = (page: Page, of: string) => page.locator(of).first().waitFor({ timeout: 60_000 });

async function view(name: string, address: string, hash: string, of: string): Promise<boolean> {
  const page = await browser.newPage({ viewport: { width: 1280, height: 800 } });
  await page.goto(address);
  await shown(page, '[data-verdict]');
  let requests = 0;
  page.on('request', () => {
    requests += 1;
  });
  const startMs = performance.now();
  await page.evaluate((to) => {
    (globalThis as unknown as { location: { hash: string } }).location.hash = to;
  }, hash);
  await shown(page, of);
  const ms = Math.round(performance.now() - startMs);
  const rows = await page.locator('[data-row], tbody tr').count();
  process.stdout.write(`  ${name.padEnd(30)} ${ms} ms, ${rows} rows, ${requests} requests\n`);
  await page.close();
  return ms <= VIEW_MS_MAX;
}

try {
  await die();
  await fill(connection, store.keys, { kept, waiting: 10_000, scheduled: 10_000 }, nowMs);
  const { address, close } = await startConsole({
    api: { url: new URL(stack.url), key: OPERATOR_KEY },
  });
  const page = await browser.newPage();
  for (const what of ['first figures, cold', 'first figures']) {
    const startMs = performance.now();
    await page.goto(address);
    await shown(page, '[data-count]');
    process.stdout.write(`  ${what.padEnd(26)} ${Math.round(performance.now() - startMs)} ms\n`);
    await page.goto('about:blank');
  }
  const [id] = await store.redis.zrange<string[]>(store.keys.dead('shop'), 0, 0);
  const views = [
    ['Now, 7 days', '#/now?range=7d', 'figure.chart'],
    ['Orders', '#/orders', '[data-row]'],
    ['Orders, dead', '#/orders?status=dead', '[data-row]'],
    ['Orders, produced', '#/orders?status=produced', 'p:has-text("go on to read more")'],
    ['Search for a key', '#/orders?find=dead-77', '[data-order]'],
    ['Dead letters by reason', '#/dead-letters', '[data-group]'],
    ['Dead letters one by one', '#/dead-letters?as=list', '[data-row]'],
    ['An order', `#/orders/${id}`, '.why[data-kind]'],
    ['Health', '#/health', '[data-name=Client]'],
  ] as const;
  const quick: boolean[] = [];
  for (const [name, hash, of] of views) {
    // The first time, the functions that it asks are started.
    await view(`${name}, cold`, address, hash, of);
    quick.push(await view(name, address, hash, of));
  }
  process.exitCode = quick.includes(false) ? 1 : 0;
  await close();
} finally {
  await browser.close();
  await stack.stop();
}
