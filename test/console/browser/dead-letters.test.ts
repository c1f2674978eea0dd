import { expect, test } from 'vitest';
import { cancel } from '../../../lib/store/cancel.ts';
import { goTo, seededStack } from './rig.ts';

const rig = await seededStack();
await rig.seed();
const ADMIN = { authorization: 'Bearer local-admin-key' };

async function api(path: string, method = 'GET') {
  return (await fetch(`${rig.stack.url}${path}`, { method, headers: ADMIN })).json() as Promise<{
    groups: { count: number; ids: string[]; sums: Record<string, string>; reason: string }[];
    status: string;
    dead: number;
  }>;
}

test('the dead are in three groups, with their number, sums and times', async () => {
  const page = await rig.open('#/dead-letters');
  await page.getByText('412 dead').waitFor();
  await page.getByText(/grouped: all 412/).waitFor();
  const groups = page.locator('[data-group]');
  const sizes = await groups.evaluateAll((all) =>
    (all as unknown as { dataset: { group: string } }[]).map(({ dataset }) => dataset.group),
  );
  expect(sizes[0]).toBe('389');
  expect(sizes.reduce((sum, size) => sum + Number(size), 0)).toBe(412);
  expect(sizes).toContain('1');
  const [first] = (await api('/dead-letters/reasons')).groups;
  const text = (await groups.first().textContent()) ?? '';
  for (const currency of Object.keys(first?.sums ?? {})) expect(text).toContain(currency);
  expect(text).toMatch(/\d\d:\d\d:\d\d – \d\d:\d\d:\d\d/);
  expect(text).toContain('3 attempts');
});

test('a redrive: what it would be, one first, then the rest at a pace once the number is typed', async () => {
  const [group] = (await api('/dead-letters/reasons')).groups.filter(({ count }) => count === 389);
  const ids = group?.ids ?? [];
  const page = await rig.open('#/dead-letters');
  const sent: { ids: string[]; ordersPerSecond?: number }[] = [];
  page.on('request', (request) => {
    if (request.url().endsWith('/api/redrive')) sent.push(request.postDataJSON());
  });
  await page.locator('[data-group="389"]').getByRole('button', { name: 'Put back …' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByText(/389 orders worth .*which died/).waitFor();
  await dialog.getByRole('button', { name: 'look again' }).click();
  await dialog.getByText('None has died of this since.').waitFor();

  await dialog.getByRole('button', { name: /alone/ }).dblclick();
  await dialog.getByText(/is put back →/).waitFor();
  expect(sent).toEqual([{ ids: [ids[0]] }]);
  // Somebody else ends one of them meanwhile.
  await cancel(rig.store, { id: ids[5] ?? '', nowMs: Date.now() });
  while ((await api(`/orders/${ids[0]}`)).status !== 'produced') await api('/drain', 'POST');
  await dialog.getByText(/● ?produced .*, number \d+/).waitFor({ timeout: 20_000 });

  const button = dialog.getByRole('button', { name: 'Put back 388' });
  expect(await button.isDisabled()).toBe(true);
  await dialog.getByLabel('Type 388 to confirm').fill('389');
  expect(await button.isDisabled()).toBe(true);
  await dialog.getByLabel('Type 388 to confirm').fill('388');
  await dialog.getByLabel('Orders a second').selectOption('20');
  await button.click();
  await dialog.getByText(/99 of 388 put back · 1 no longer dead/).waitFor();
  await dialog.getByRole('button', { name: 'Stop after this hundred' }).click();
  await dialog.getByText('Stopped: 288 are still dead.').waitFor();
  expect(sent.slice(1)).toEqual([{ ids: ids.slice(1, 101), ordersPerSecond: 20 }]);

  // At 20 a second they become ready a twentieth of a second apart.
  const due = await rig.store.redis.zrange<(string | number)[]>(
    rig.store.keys.pending('shop'),
    0,
    -1,
    { withScores: true },
  );
  const scores = due.flatMap((id, at) =>
    sent[1]?.ids.includes(String(id)) ? [Number(due[at + 1])] : [],
  );
  scores.sort((a, b) => a - b);
  const steps = scores.slice(1).map((score, at) => score - (scores[at] ?? 0));
  expect(scores.length).toBeGreaterThan(20);
  expect(Math.min(...steps)).toBeGreaterThanOrEqual(50);

  await dialog.getByRole('button', { name: 'Close' }).click();
  const left = await api('/stats');
  expect(left.dead).toBe(412 - 1 - 1 - 99);
  await page.reload();
  await goTo(page, '#/dead-letters');
  await page.getByText(`${left.dead} dead`).waitFor();
  expect(sent).toHaveLength(2);
});

test('a lost answer is told as unknown, with what to look at', async () => {
  const page = await rig.open('#/dead-letters');
  await page.route('**/api/redrive', (route) => route.abort());
  await page
    .locator('[data-group="1"]')
    .first()
    .getByRole('button', { name: 'Put back …' })
    .click();
  await page.getByRole('button', { name: /alone/ }).click();
  await page.getByText('Whether it was done is not known').waitFor();
  await page.getByText('Look at the orders before you do it again.').waitFor();
});
