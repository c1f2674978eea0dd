import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { afterAll, expect, onTestFinished } from 'vitest';
import { startConsole } from '../../../console/server/console.ts';
import { OPERATOR_KEY } from '../../../local/api-keys.ts';
import { type StackOptions, startStack } from '../../../local/stack.ts';
import { storeWith } from '../../support/store.ts';
import { startBrowser } from '../chromium.ts';
import { seedRush } from '../seed.ts';
import type { Rush } from '../seed-orders.ts';

/** The local stack with an hour behind it, and a browser: all that is real is real here. */
export async function seededStack(options: { rush?: Rush } & Partial<StackOptions> = {}) {
  const logged: string[] = [];
  const { rush, ...given } = options;
  const [browser, stack] = await Promise.all([
    startBrowser(),
    startStack({ port: 0, isScheduled: false, onLog: (line) => void logged.push(line), ...given }),
  ]);
  const store = storeWith(stack.redis, '');
  const seed = async () => seedRush(store, Date.now(), rush);
  afterAll(async () => {
    await browser.close();
    await stack.stop();
  });
  return { stack, store, seed, logged, ...pagesOf(browser, new URL(stack.url)) };
}

/** Opens pages of a console of their own, and looks that nothing goes wrong in any of them. */
export function pagesOf(browser: Browser, url: URL, key = OPERATOR_KEY) {
  async function console(options: { readonly key?: string; readonly isReadOnly?: boolean } = {}) {
    const { isReadOnly = false } = options;
    const started = await startConsole({ api: { url, key: options.key ?? key }, isReadOnly });
    onTestFinished(started.close);
    return started;
  }

  async function open(
    hash = '',
    options: BrowserContextOptions & { readonly address?: string; readonly key?: string } = {},
  ): Promise<Page> {
    const { address: given, key: ofKey, ...context } = options;
    const address = given ?? (await console(ofKey === undefined ? {} : { key: ofKey })).address;
    const page = await watchedPage(browser, new URL(address).origin, context);
    await page.goto(address);
    if (hash !== '') {
      await page.locator('header.top').waitFor();
      await goTo(page, hash);
    }
    return page;
  }

  return { console, open };
}

/** As by a link: the fragment changes, and the page stays. */
export async function goTo(page: Page, hash: string): Promise<void> {
  await page.evaluate((to) => {
    (globalThis as unknown as { location: { hash: string } }).location.hash = to;
  }, hash);
}

async function watchedPage(browser: Browser, origin: string, options: BrowserContextOptions) {
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 }, ...options });
  const wrong: string[] = [];
  await context.exposeBinding('tellViolation', (_, what: string) => void wrong.push(what));
  await context.addInitScript({
    content: `document.addEventListener('securitypolicyviolation', (event) =>
      tellViolation(event.violatedDirective + ' ' + event.blockedURI));`,
  });
  context.on('page', (page) => {
    page.on('pageerror', (error) => wrong.push(`${error.stack}`));
    page.on('dialog', (dialog) => wrong.push(`a dialog: ${dialog.message()}`));
    page.on('request', (request) => {
      if (new URL(request.url()).origin !== origin) wrong.push(`a request to ${request.url()}`);
    });
  });
  onTestFinished(async () => {
    await context.close();
    expect(wrong).toEqual([]);
  });
  return context.newPage();
}
