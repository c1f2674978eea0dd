import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { Page } from 'playwright-core';
import { expect, test, vi } from 'vitest';
import { goTo, seededStack } from './rig.ts';

const rig = await seededStack();
const seeded = await rig.seed();
const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

const SCREENS = [
  '#/now',
  '#/orders',
  '#/dead-letters',
  '#/health',
  `#/orders/${seeded.orders.at(-1)?.id}`,
  '#/runbook/api-5xx',
  '#/orders?find=536365',
];
const DARK = { colorScheme: 'dark' } as const;

/** What axe finds wrong. The page's own policy would refuse its script, so it comes in another world. */
async function faults(page: Page): Promise<string[]> {
  const session = await page.context().newCDPSession(page);
  const { frameTree } = await session.send('Page.getFrameTree');
  const { executionContextId } = await session.send('Page.createIsolatedWorld', {
    frameId: frameTree.frame.id,
  });
  const run = (expression: string) =>
    session.send('Runtime.evaluate', {
      expression,
      contextId: executionContextId,
      awaitPromise: true,
      returnByValue: true,
    });
  await run(AXE);
  const { result, exceptionDetails } = await run(
    `axe.run(document).then(({ violations }) => violations.map(({ id, nodes }) => id + ': ' + nodes.map(({ html }) => html).join(' | ')))`,
  );
  if (exceptionDetails) throw new Error(exceptionDetails.text);
  return result.value;
}

const ready = async (page: Page, hash: string) => {
  await goTo(page, hash);
  await page.locator('main .card, main .notice').first().waitFor();
  const asking = page.getByText(/^(Reading|Asking)/);
  await expect.poll(() => asking.count(), { timeout: 30_000 }).toBe(0);
};

test.each([
  ['light', {}],
  ['dark', DARK],
] as const)(
  'axe finds nothing on any screen or dialog, %s',
  async (_name, scheme) => {
    const page = await rig.open('#/now', scheme);
    const found: Record<string, string[]> = {};
    for (const hash of SCREENS) {
      await ready(page, hash);
      found[hash] = await faults(page);
    }
    await ready(page, '#/now');
    for (const [name, open] of [
      ['pause', () => page.getByRole('button', { name: 'Pause …' }).click()],
      ['keys', () => page.keyboard.press('?')],
    ] as const) {
      await open();
      await page.getByRole('dialog').waitFor();
      found[name] = await faults(page);
      await page.keyboard.press('Escape');
      await page.getByRole('dialog').waitFor({ state: 'detached' });
    }
    await ready(page, '#/dead-letters');
    await page.getByRole('button', { name: 'Put back …' }).first().click();
    found.redrive = await faults(page);
    expect(Object.entries(found).filter(([, some]) => some.length > 0)).toEqual([]);
  },
  120_000,
);

test.each([390, 320, 640])('at %d px no screen scrolls sideways', async (width) => {
  const page = await rig.open('#/now', { viewport: { width, height: 844 } });
  for (const hash of SCREENS) {
    await ready(page, hash);
    const wide = await page.evaluate(() => {
      const { document } = globalThis as unknown as {
        document: { documentElement: { scrollWidth: number; clientWidth: number } };
      };
      return document.documentElement.scrollWidth - document.documentElement.clientWidth;
    });
    expect([hash, wide]).toEqual([hash, 0]);
  }
});

test('each chart has a name, a sentence and a table, and its lines differ in pattern', async () => {
  const page = await rig.open('#/now');
  await page.locator('figure.chart').nth(3).waitFor();
  for (const chart of await page.locator('figure.chart').all()) {
    expect(await chart.getAttribute('aria-label')).not.toBe('');
    expect(await chart.locator('figcaption').textContent()).toMatch(/\.$/);
    expect(await chart.locator('table tbody tr').count()).toBeGreaterThan(50);
    const patterns = await chart
      .locator('.legend .swatch')
      .evaluateAll((all) =>
        (all as unknown as { className: string }[]).map(({ className }) =>
          className.replace(/ of-\w+/, ''),
        ),
      );
    expect(new Set(patterns).size).toBe(patterns.length);
  }
});

test('a state is a shape and a word, so that nothing is told by colour alone', async () => {
  const now = await rig.open('#/now');
  for (const level of ['.verdict > .shape', '.verdict > h2']) {
    expect((await now.locator(level).textContent())?.trim()).not.toBe('');
  }
  const shapes: Record<string, string> = {};
  for (const status of ['queued', 'scheduled', 'dead', 'canceled', 'produced']) {
    // A page of its own, as the rows of the status before would stand there for a moment.
    const page = await rig.open(`#/orders?status=${status}`);
    const state = page.locator('[data-row] .state').first();
    await vi.waitFor(async () => {
      const goOn = page.getByRole('button', { name: 'Go on' });
      if ((await state.count()) === 0) await goOn.click({ timeout: 1_000 });
      expect(await state.count()).toBe(1);
    }, 30_000);
    const [shape = '', ...word] = (await state.textContent()) ?? '';
    shapes[word.join('')] = shape;
  }
  expect(Object.keys(shapes)).toHaveLength(5);
  expect(new Set(Object.values(shapes)).size).toBe(5);
});

test('nothing moves where motion is to be reduced, and forced colours keep every state in words', async () => {
  const page = await rig.open('#/now', { reducedMotion: 'reduce', forcedColors: 'active' });
  await page.locator('[data-verdict]').waitFor();
  const moving = await page.evaluate(() => {
    const { document, getComputedStyle } = globalThis as unknown as {
      document: { querySelectorAll(all: string): Iterable<object>; getAnimations(): object[] };
      getComputedStyle(element: object): { transitionDuration: string };
    };
    const slow = [...document.querySelectorAll('*')].filter(
      (one) => getComputedStyle(one).transitionDuration !== '0s',
    );
    return slow.length + document.getAnimations().length;
  });
  expect(moving).toBe(0);
  expect(await page.locator('.verdict h2').textContent()).toMatch(/\w+/);
});

test('without JavaScript the page names the commands that tell the same', async () => {
  const page = await rig.open('', { javaScriptEnabled: false });
  const commands = page.locator('noscript code');
  expect(await commands.first().boundingBox()).not.toBeNull();
  expect(await commands.allTextContents()).toContain('npm run sluice -- explain ord_…');
});

test('times name their zone, and show UTC to the millisecond on focus', async () => {
  const page = await rig.open(`#/orders/${seeded.orders.at(-1)?.id}`, {
    timezoneId: 'Asia/Kathmandu',
  });
  await page
    .getByText('Times are in Asia/Kathmandu')
    .or(page.getByText('Times are in Asia/Katmandu'))
    .waitFor();
  const moment = page.locator('.story .exact').first();
  await moment.focus();
  expect(await moment.locator('.tip').isVisible()).toBe(true);
  const at = new Date(seeded.orders.at(-1)?.acceptedAtMs ?? 0).toISOString();
  expect(await moment.locator('.tip').textContent()).toContain(
    at.replace('T', ' ').replace('Z', ' UTC'),
  );
});
