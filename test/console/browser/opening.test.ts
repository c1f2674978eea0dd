import { readFileSync } from 'node:fs';
import type { Page } from 'playwright-core';
import { expect, test } from 'vitest';
import { OPERATOR_KEY } from '../../../local/api-keys.ts';
import { start } from '../../cli/command.ts';
import { pretendServer, type Reply } from '../../support/pretend-server.ts';
import { answerOf, startedConsole } from '../console.ts';
import { HOSTILE } from '../seed-orders.ts';
import { seededStack } from './rig.ts';

const rig = await seededStack();
await rig.seed();

const NARROW = { viewport: { width: 390, height: 844 } };

test('the page is there, with the figures of the API, and without the token in its address', async () => {
  const { address } = await rig.console();
  expect(address).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/#[\w-]{22}$/);
  const page = await rig.open('', { address });
  await page.locator('[data-count=queued]').waitFor();
  expect(page.url()).not.toContain(address.split('#')[1]);
  await page.reload();
  await page.locator('[data-count=queued]').waitFor();
});

test('sluice console prints one address, and shows its key to nobody', async () => {
  const key = 'canary-key-of-the-console';
  const { child } = start(['console', '--no-open'], { SLUICE_URL: rig.stack.url, SLUICE_KEY: key });
  const printed = await new Promise<string>((resolve) =>
    child.stdout.once('data', (data) => resolve(String(data))),
  );
  expect(printed.match(/http:\/\/127\.0\.0\.1:\d+\/#[\w-]{22}/g)).toHaveLength(1);
  expect(printed).not.toContain(key);
  expect(readFileSync(`/proc/${child.pid}/cmdline`, 'utf8')).not.toContain(key);
});

test.each([
  [['console', '--host', '0.0.0.0'], /one IP address of this machine/],
  [['console', '--host', '192.0.2.1'], /lets other machines reach the console/],
  [['console', '--stage', 'nowhere'], /nowhere\.env does not say where the stage nowhere is/],
  [['console', '--stage', '../../etc'], /argument '\.\.\/\.\.\/etc' is invalid/],
])('%j is refused, and says what to do', async (args, said) => {
  const { err, exitCode } = await start(args, { SLUICE_KEY: 'k' }).ended;
  expect({ err, exitCode }).toEqual({ err: expect.stringMatching(said), exitCode: 2 });
});

test('without the token of the address there is an empty page that says what to open', async () => {
  const { address } = await rig.console();
  for (const given of [address.replace(/#.*/, ''), address.replace(/#.*/, `#${'x'.repeat(22)}`)]) {
    const page = await rig.open('', { address: given });
    await page.getByText('Open the address that').waitFor();
    expect(await page.locator('header.top').count()).toBe(0);
  }
});

test('the key is in no storage, no address, no cookie and nowhere in the page', async () => {
  const page = await rig.open('#/orders');
  const bodies: Promise<string>[] = [];
  page.on('response', (response) => void bodies.push(response.text().catch(() => '')));
  await page.locator('[data-row]').first().waitFor();
  await page.reload();
  await page.locator('[data-row]').first().waitFor();
  const state = await page.context().storageState({ indexedDB: true });
  const kept = await page.evaluate(() => {
    const { sessionStorage, localStorage } = globalThis as unknown as Record<
      string,
      Record<string, string>
    >;
    return JSON.stringify([sessionStorage, localStorage]);
  });
  expect(state.cookies).toEqual([]);
  const all = [
    JSON.stringify(state),
    kept,
    page.url(),
    await page.content(),
    ...(await Promise.all(bodies)),
  ];
  expect(bodies.length).toBeGreaterThan(4);
  expect(all.filter((text) => text.includes(OPERATOR_KEY))).toEqual([]);
  expect(rig.logged.filter((line) => line.includes(OPERATOR_KEY))).toEqual([]);
});

async function isWithinItsWidth(page: Page): Promise<void> {
  const [inner, outer] = await page.evaluate(() => {
    const { document } = globalThis as unknown as {
      document: { documentElement: { scrollWidth: number; clientWidth: number } };
    };
    return [document.documentElement.scrollWidth, document.documentElement.clientWidth];
  });
  expect(inner).toBeLessThanOrEqual(outer ?? 0);
}

test.each([[{}], [NARROW]])(
  'what clients and producers write is text, and breaks nothing %j',
  async (view) => {
    const page = await rig.open('#/orders?reference=javascript:alert(3)', view);
    await page.locator('[data-row]').first().waitFor();
    for (const hash of [
      '#/orders',
      '#/dead-letters?as=list',
      `#/orders?find=${encodeURIComponent(HOSTILE[0])}`,
    ]) {
      await page.evaluate((to) => {
        (globalThis as unknown as { location: { hash: string } }).location.hash = to;
      }, hash);
      const goOn = page.locator('[data-try=customer] button');
      await page.locator('[data-row], [data-try=customer] button').first().waitFor();
      while ((await page.locator('[data-row]').count()) === 0) {
        // It goes as soon as something is found.
        await goOn.click({ timeout: 2_000 }).catch(() => undefined);
      }
      expect(await page.locator('img[src=x], svg[onload], a[href^="javascript:"]').count()).toBe(0);
      await isWithinItsWidth(page);
    }
    const found = page.getByText(HOSTILE[0], { exact: true });
    expect(await found.count()).toBeGreaterThan(0);
  },
);

test('a key that may only read finds no button that changes anything', async () => {
  const page = await rig.open('#/now', { key: 'local-shop-read-key' });
  await page.getByText('are for keys with the scope orders:admin').waitFor();
  await page.getByRole('link', { name: 'Orders', exact: true }).first().click();
  await page.locator('[data-row]').first().waitFor();
  expect(await page.locator('input[type=checkbox]').count()).toBe(0);
  await page.locator('[data-row] a').first().click();
  await page.getByText('as JSON', { exact: false }).waitFor();
  expect(await page.getByRole('button', { name: /cancel|put back|drain|pause/i }).count()).toBe(0);
});

test('the stage stands in the header and in the title, and one with real orders looks different', async () => {
  const page = await rig.open();
  const stage = page.locator('.stage').first();
  await stage.waitFor();
  const name = (await stage.textContent())?.split(',')[0] ?? '';
  expect(await stage.textContent()).toMatch(/a stage for trying things/);
  expect(await page.title()).toContain(name);

  const { address } = await startedConsole((request) => {
    const reply = answerOf(request);
    if (request.path !== '/me') return reply;
    return { ...reply, body: { ...(reply.body as object), stage: 'prod-eu' } };
  });
  const live = await rig.open('', { address });
  const itsStage = live.locator('.stage.is-live', { hasText: 'PROD-EU, real orders' });
  await itsStage.waitFor();
  await expect.poll(() => live.title()).toMatch(/^PROD-EU · /);
  const back = (one: typeof stage) =>
    one.evaluate((element) => {
      const { getComputedStyle } = globalThis as unknown as {
        getComputedStyle(of: unknown): { backgroundColor: string };
      };
      return getComputedStyle(element).backgroundColor;
    });
  expect(await back(itsStage)).not.toBe(await back(stage));
});

const FAULTS: readonly [string, Reply | 'reset', RegExp][] = [
  ['nothing', 'reset', /Check the network/],
  ['401', { status: 401, body: { type: '/problems/unauthorized' } }, /does not know this key/],
  ['429', { status: 429, headers: { 'retry-after': '1' }, body: {} }, /refuses more requests/],
  ['503', { status: 503, headers: { 'retry-after': '1' }, body: {} }, /sluice -- doctor/],
  ['HTML', { status: 200, text: '<!doctype html><h1>Welcome' }, /Something other than Sluice/],
  ['another shape', { status: 200, body: { queued: 'many' } }, /Something other than Sluice/],
];

test('an API that fails in every way leaves the last figures, says what to do, and is found again', async () => {
  let fault: Reply | 'reset' | undefined;
  const { url } = await pretendServer(async ({ path, headers }) => {
    if (fault !== undefined) return fault;
    const answer = await fetch(`${rig.stack.url}${path}`, {
      headers: { authorization: headers.authorization ?? '' },
    });
    return { status: answer.status, text: await answer.text() };
  });
  const { startConsole } = await import('../../../console/server/console.ts');
  const started = await startConsole({ api: { url, key: OPERATOR_KEY } });
  const page = await rig.open('', { address: started.address });
  const queued = page.locator('[data-count=queued] dd');
  await queued.waitFor();
  const figure = (await queued.textContent())?.match(/[\d,]+/)?.[0] ?? '';
  const strip = page.getByRole('alert');
  for (const [name, broken, advice] of FAULTS) {
    fault = broken;
    await strip.filter({ hasText: advice }).waitFor({ timeout: 30_000 });
    expect(await strip.textContent(), name).toMatch(
      /No answer from the API for .*Figures are of \d/,
    );
    expect(await queued.textContent()).toContain(figure);
    fault = undefined;
    await strip.waitFor({ state: 'detached', timeout: 30_000 });
  }
  await started.close();
}, 240_000);
