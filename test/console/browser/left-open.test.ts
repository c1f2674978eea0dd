import type { Page } from 'playwright-core';
import { afterAll, expect, test } from 'vitest';
import type { Received } from '../../support/pretend-server.ts';
import { steppedClock } from '../../support/stepped-clock.ts';
import { startBrowser } from '../chromium.ts';
import { answerOf, startedConsole } from '../console.ts';
import { activityOf, NOW_MS } from '../situations.ts';
import { goTo, pagesOf } from './rig.ts';

const browser = await startBrowser();
afterAll(() => browser.close());
const { open } = pagesOf(browser, new URL('http://127.0.0.1'));

const S = 1_000;
const TICK_MS = 10 * S;

/** A console in front of a stand-in whose figures change with each question, and whose time is stepped. */
async function changingConsole() {
  const clock = steppedClock(NOW_MS);
  let asked = 0;
  const console = await startedConsole(
    (request) => {
      const headers = { date: new Date(clock.now()).toUTCString() };
      if (request.path.startsWith('/activity')) return { status: 200, headers, body: activityOf() };
      const reply = answerOf(request);
      if (!request.path.startsWith('/stats')) return { ...reply, headers };
      asked += 1;
      return { ...reply, headers, body: { ...(reply.body as object), queued: asked } };
    },
    { platform: { clock } },
  );
  return { ...console, clock };
}

const figuresAsked = (received: readonly Received[]) =>
  received.filter(({ path }) => path.startsWith('/stats')).length;

/** Ten seconds at a time, for the page and for the console behind it. */
async function live(page: Page, clock: { step(ms: number): void }, forMs: number): Promise<void> {
  for (let ms = 0; ms < forMs; ms += TICK_MS) {
    clock.step(TICK_MS);
    const answered = page.waitForResponse(/api\/live/, { timeout: 300 }).catch(() => undefined);
    await page.clock.runFor(TICK_MS);
    await answered;
  }
}

async function weigh(page: Page) {
  const session = await page.context().newCDPSession(page);
  await session.send('HeapProfiler.enable');
  for (let round = 0; round < 3; round += 1) await session.send('HeapProfiler.collectGarbage');
  await session.send('Performance.enable');
  const { metrics } = await session.send('Performance.getMetrics');
  await session.detach();
  const of = (name: string) => metrics.find((metric) => metric.name === name)?.value ?? 0;
  return { heap: of('JSHeapUsedSize'), nodes: of('Nodes'), listeners: of('JSEventListeners') };
}

test('ten minutes later the page holds no more than before, and then it asks once a minute', async () => {
  const { address, clock, received } = await changingConsole();
  const page = await open('', { address });
  await page.clock.install({ time: NOW_MS });
  await page.reload();
  await page.locator('figure.chart canvas').nth(3).waitFor();
  await live(page, clock, 120 * S);
  const [before, asked] = [await weigh(page), figuresAsked(received)];
  await live(page, clock, 600 * S);
  const after = await weigh(page);
  const often = figuresAsked(received) - asked;
  expect([often > 40, often <= 60]).toEqual([true, true]);
  // In an hour it grows from 3.7 to 3.9 MB, and no more after that: half a megabyte is a leak.
  expect(after.heap - before.heap).toBeLessThan(500_000);
  expect(after.nodes - before.nodes).toBeLessThan(50);
  expect(after.listeners - before.listeners).toBeLessThan(5);

  // Nobody has touched it for a quarter of an hour.
  await live(page, clock, 200 * S);
  const idle = figuresAsked(received);
  await live(page, clock, 600 * S);
  expect(figuresAsked(received) - idle).toBeGreaterThanOrEqual(9);
  expect(figuresAsked(received) - idle).toBeLessThanOrEqual(11);
  await page.keyboard.press('Shift');
  const awake = figuresAsked(received);
  await live(page, clock, 120 * S);
  expect(figuresAsked(received) - awake).toBeGreaterThanOrEqual(6);
}, 240_000);

test('three tabs and their screens ask the API once', async () => {
  const { address, received } = await changingConsole();
  const pages = await Promise.all([1, 2, 3].map(() => open('', { address })));
  for (const page of pages) await page.locator('[data-verdict]').waitFor();
  const counted = () => ({
    stats: figuresAsked(received),
    activity: received.filter(({ path }) => path.startsWith('/activity')).length,
  });
  expect(counted()).toEqual({ stats: 1, activity: 1 });
  for (const page of pages) {
    for (const hash of ['#/health', '#/now', '#/health']) await goTo(page, hash);
    await page.getByRole('heading', { name: 'Clients and their limits' }).waitFor();
  }
  expect(counted()).toEqual({ stats: 1, activity: 1 });
});
