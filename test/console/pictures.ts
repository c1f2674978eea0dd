/** `npm run pictures`: makes the pictures of the console in docs/ from a local stack with an hour behind it. */
import { mkdirSync, writeFileSync } from 'node:fs';
import type { Browser, Page } from 'playwright-core';
import { type Console, startConsole } from '../../console/server/console.ts';
import { OPERATOR_KEY } from '../../local/api-keys.ts';
import { startStack } from '../../local/stack.ts';
import { storeWith } from '../support/store.ts';
import { startBrowser } from './chromium.ts';
import { seedRush, seedStory } from './seed.ts';

const DIR = 'docs/console';
const SIZE = { width: 1280, height: 800 };

interface Picture {
  readonly name: string;
  readonly hash: string;
  readonly scheme: 'light' | 'dark';
  /** What is there once the page is whole. */
  readonly shows: string;
  readonly height?: number;
}

async function take(browser: Browser, { address }: Console, picture: Picture): Promise<void> {
  const { name, hash, scheme, shows, height = SIZE.height } = picture;
  const page = await browser.newPage({
    viewport: { ...SIZE, height },
    colorScheme: scheme,
    deviceScaleFactor: 1.5,
  });
  await page.goto(address);
  await page.locator('header.top').waitFor();
  await page.evaluate((to) => {
    (globalThis as unknown as { location: { hash: string } }).location.hash = to;
  }, hash);
  await page.locator(shows).first().waitFor();
  await page.locator('.clock').waitFor();
  writeFileSync(`${DIR}/${name}.webp`, await webp(page));
  await page.close();
}

/** A third of the size of a PNG; the command of Playwright knows no WebP. */
async function webp(page: Page): Promise<Buffer> {
  const session = await page.context().newCDPSession(page);
  const { data } = await session.send('Page.captureScreenshot', { format: 'webp', quality: 82 });
  return Buffer.from(data, 'base64');
}

async function pictures(): Promise<void> {
  mkdirSync(DIR, { recursive: true });
  const stack = await startStack({ port: 0, isScheduled: false, onLog: () => undefined });
  const browser = await startBrowser();
  const store = storeWith(stack.redis, '');
  const api = { url: new URL(stack.url), key: OPERATOR_KEY };
  try {
    await seedRush(store, Date.now());
    const console = await startConsole({ api });
    const now = { hash: '#/now', shows: 'figure.chart canvas', height: 960 };
    await take(browser, console, { ...now, name: 'now-light', scheme: 'light' });
    await take(browser, console, { ...now, name: 'now-dark', scheme: 'dark' });
    await take(browser, console, {
      name: 'dead-letters',
      hash: '#/dead-letters',
      scheme: 'light',
      shows: '[data-group]',
      height: 560,
    });
    await console.close();
    await store.redis.flushall();
    const id = await seedStory(store, Date.now() - 3_000);
    const ofStory = await startConsole({ api });
    await take(browser, ofStory, {
      name: 'order',
      hash: `#/orders/${id}`,
      scheme: 'light',
      shows: '.why[data-kind]',
      height: 720,
    });
    await ofStory.close();
  } finally {
    await browser.close();
    await stack.stop();
  }
}

await pictures();
