import { expect, test } from 'vitest';
import { cancel } from '../../../lib/store/cancel.ts';
import { newOrder } from '../../support/orders.ts';
import { claimReady, submitOne } from '../../support/store.ts';
import { LARGEST_NTH } from '../seed-orders.ts';
import { goTo, seededStack } from './rig.ts';

const rig = await seededStack();
const seeded = await rig.seed();
const waiting = seeded.orders
  .filter(({ client, submission }) => client === 'shop' && submission.produceAtMs === undefined)
  .slice(-60);

/** An order that waits, and that no other test has. */
function spare(): (typeof waiting)[number] {
  const order = waiting.pop();
  if (order === undefined) throw new Error('No order is left.');
  return seeded.canceled.includes(order.id) ? spare() : order;
}

test('a search finds by id, key, reference, number and customer, and says what was tried', async () => {
  const [first, last] = [seeded.orders[0], spare()];
  const page = await rig.open('#/now');
  const field = page.locator('#find');
  await page.keyboard.press('/');
  await field.fill(last.id);
  await field.press('Enter');
  await page.getByRole('heading', { name: last.id }).waitFor();

  const key = first?.idempotencyKey ?? '';
  const twin = newOrder(key, { client: 'shop', acceptedAtMs: Date.now() });
  await submitOne(rig.store, twin);
  await field.fill(key);
  await field.press('Enter');
  await page
    .locator('[data-try="idempotency key"]', { hasText: '✓ 2 found, of app and shop' })
    .waitFor();
  for (const { id } of [first ?? twin, twin]) await page.locator(`[data-order=${id}]`).waitFor();

  await field.fill(last.submission.reference ?? '');
  await field.press('Enter');
  await page
    .locator('[data-try=reference]', { hasText: /✓ 1 found, of \w+, in [\d,]+ read/ })
    .waitFor();
  await page.locator(`[data-order=${last.id}]`).waitFor();

  const answer = await fetch(`${rig.stack.url}/orders/${seeded.orders[2_500]?.id}`, {
    headers: { authorization: 'Bearer local-admin-key' },
  });
  const { id, orderNumber } = (await answer.json()) as { id: string; orderNumber?: number };
  await field.fill(`${orderNumber}`);
  await field.press('Enter');
  const byNumber = page.locator('[data-try="order number"]');
  // One that ended: what waits is read before it.
  await byNumber.getByText(/none in the 1,\d{3} read of ≈5,0/).waitFor();
  while (!(await byNumber.getByText(/✓ 1 found/).isVisible())) {
    await byNumber.getByRole('button', { name: 'read 1,000 more' }).click();
    await byNumber.getByText('reading').waitFor({ state: 'detached' });
  }
  await page.locator(`[data-order=${id}]`).waitFor();

  await field.fill(last.submission.customer);
  await field.press('Enter');
  await page
    .locator('[data-try=customer]', { hasText: /✓ \d+ found, of .*, in [\d,]+ read/ })
    .waitFor();
});

test('a miss says how far was looked, and goes on when asked', async () => {
  const page = await rig.open('#/orders?find=nobody-has-this');
  await page.locator('[data-try="idempotency key"]', { hasText: '✗ none' }).waitFor();
  const reference = page.locator('[data-try=reference]');
  await reference.getByText(/none in the 1,\d{3} read of ≈5,00\d/).waitFor();
  await reference.getByRole('button').click();
  await reference.getByText(/none in the 2,\d{3} read of ≈5,00\d/).waitFor({ timeout: 60_000 });
});

test('filters are in the address: reload and back show the same; an empty page says go on', async () => {
  const page = await rig.open('#/orders');
  await page.getByLabel('State').selectOption('dead');
  await page.locator('[data-row]').first().waitFor();
  expect(page.url()).toContain('#/orders?status=dead');
  const shown = async () => (await page.locator('[data-row] a').allTextContents()).slice(0, 5);
  const before = await shown();
  expect(await page.locator('[data-row] .state').first().textContent()).toContain('dead');
  await page.reload();
  await page.locator('[data-row]').first().waitFor();
  expect(await shown()).toEqual(before);
  await page.getByRole('textbox', { name: 'Customer' }).fill('nobody');
  await page.getByRole('textbox', { name: 'Customer' }).press('Enter');
  await page
    .getByText(/Read [\d,]+, none match; go on to read more|Read all [\d,]+: none match/)
    .waitFor();
  await page.goBack();
  await page.locator('[data-row]').first().waitFor();
  expect(await shown()).toEqual(before);
});

test('orders of a time are in the address in UTC, and shown in the zone of the browser', async () => {
  const all = seeded.orders
    .map(({ acceptedAtMs }) => acceptedAtMs)
    .filter((ms) => ms % 60_000 === 0);
  const [fromMs = 0, toMs = 0] = [all[200], all[1_200]];
  const page = await rig.open('#/orders', { timezoneId: 'Asia/Kathmandu' });
  const local = (ms: number) => new Date(ms + 345 * 60_000).toISOString().slice(0, 16);
  await page.getByLabel('Accepted from').fill(local(fromMs));
  await page.getByLabel('Accepted from').press('Enter');
  const inAddress = (ms: number) => encodeURIComponent(new Date(ms).toISOString());
  await expect.poll(() => page.url()).toContain(inAddress(fromMs));
  await page.getByLabel('Accepted before').fill(local(toMs));
  await page.getByLabel('Accepted before').press('Enter');
  await expect.poll(() => page.url()).toContain(inAddress(toMs));
  expect(page.url()).toContain(inAddress(fromMs));
  await page.reload();
  await page.locator('[data-row]').first().waitFor();
  expect(await page.getByLabel('Accepted from').inputValue()).toBe(local(fromMs));
  const shown = await page
    .locator('td[data-name=Accepted] time')
    .evaluateAll((times) =>
      (times as unknown as { dateTime: string }[]).map((one) => one.dateTime),
    );
  expect(shown.length).toBeGreaterThan(0);
  expect(shown.filter((at) => Date.parse(at) < fromMs || Date.parse(at) >= toMs)).toEqual([]);
});

test('amounts of every kind of currency are exact, and JSON copies as it came', async () => {
  const [jpy, kwd] = ['JPY', 'KWD'].map((currency) =>
    seeded.orders.find(({ submission }) => submission.currency === currency),
  );
  const largest = seeded.orders[LARGEST_NTH];
  const page = await rig.open('#/now');
  for (const [order, said] of [
    [jpy, /JPY [\d,]+ ·/],
    [kwd, /KWD [\d,]+\.\d{3} ·/],
    [largest, /GBP 90,071,992,547,409\.91 ·/],
  ] as const) {
    await goTo(page, `#/orders/${order?.id}`);
    await page
      .locator('section.order', { hasText: order?.id ?? '' })
      .getByText(said)
      .waitFor();
  }
  await page.getByText('As JSON').click();
  expect(await page.locator('[data-json]').textContent()).toContain(
    '"totalAmount": 9007199254740991',
  );
});

test('selected orders are canceled with number and amount, and one that had begun is told', async () => {
  const [one, two] = [spare(), spare()];
  const page = await rig.open(
    `#/orders?customer=${encodeURIComponent(one.submission.customer)}&client=${one.client}`,
  );
  await page.locator(`[data-row=${one.id}] input`).check();
  await page.getByText('1 order selected; updates are held.').waitFor();
  await page.getByText('Updates are held: 1 order selected.').waitFor();
  // Meanwhile somebody else takes it.
  const claim = await claimReady(rig.store, { nowMs: Date.now(), ordersMax: 1 });
  expect(claim.leases).toHaveLength(1);
  await page.getByRole('button', { name: 'Cancel 1 …' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByText(/1 order, worth [A-Z]{3} [\d,.]+, will not be produced/).waitFor();
  await dialog.getByRole('button', { name: 'Cancel 1 order' }).click();
  await dialog.getByText('1 canceled.').waitFor();
  await dialog.getByRole('button', { name: 'Close' }).click();
  await dialog.waitFor({ state: 'detached' });

  await goTo(page, `#/orders/${two.id}`);
  await page.getByRole('button', { name: 'Cancel …' }).click();
  await cancel(rig.store, { id: two.id, nowMs: Date.now() });
  const [leased = ''] = claim.leases.map(({ id }) => id);
  await goTo(page, `#/orders/${leased}`);
  await page.getByRole('heading', { name: leased }).waitFor();
  expect(await page.getByRole('button', { name: 'Cancel …' }).count()).toBe(0);
});

test('by keyboard alone: find an order, read its story, cancel it, and come back to its row', async () => {
  const order = spare();
  const page = await rig.open('#/now');
  await page.keyboard.press('g');
  await page.keyboard.press('o');
  await page.locator('[data-row]').first().waitFor();
  await page.keyboard.press('j');
  await page.keyboard.press('j');
  const focused = () => page.locator(':focus');
  const id = await focused().getAttribute('data-order');
  expect(id).toMatch(/^ord_/);
  await page.keyboard.press('x');
  expect(await page.locator(`[data-row=${id}] input`).isChecked()).toBe(true);
  await page.keyboard.press('x');
  await page.keyboard.press('Enter');
  await page.getByRole('heading', { name: id ?? '' }).waitFor();
  await page.goBack();
  await page.locator('[data-row]').first().waitFor();
  await expect.poll(() => focused().getAttribute('data-order')).toBe(id);

  await page.keyboard.press('/');
  await page.keyboard.type(order.id);
  await page.keyboard.press('Enter');
  await page.getByRole('heading', { name: order.id }).waitFor();
  await page.getByRole('button', { name: 'Cancel …' }).focus();
  await page.keyboard.press('Enter');
  const dialog = page.getByRole('dialog');
  await dialog.waitFor();
  await page.keyboard.press('Escape');
  await dialog.waitFor({ state: 'detached' });
  expect(await focused().textContent()).toBe('Cancel …');
  await page.keyboard.press('Enter');
  await dialog.getByRole('button', { name: 'Cancel 1 order' }).focus();
  await page.keyboard.press('Enter');
  await dialog.getByText('1 canceled.').waitFor();
});

test('a double click cancels once, and p holds updates', async () => {
  const order = spare();
  const page = await rig.open(`#/orders/${order.id}`);
  const posts: string[] = [];
  page.on('request', (request) => {
    if (request.method() === 'POST') posts.push(request.url());
  });
  await page.getByRole('button', { name: 'Cancel …' }).click();
  await page.getByRole('button', { name: 'Cancel 1 order' }).dblclick();
  await page.getByText('1 canceled.').waitFor();
  expect(posts).toHaveLength(1);
  await page.getByRole('dialog').getByRole('button', { name: 'Close' }).click();
  await page.keyboard.press('p');
  await page.getByText('Updates are held: you pressed p.').waitFor();
});
