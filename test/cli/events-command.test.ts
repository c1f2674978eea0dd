import { expect, inject, test } from 'vitest';
import { takeOutEvents } from '../../lib/store/events.ts';
import { outbox, producedEvents } from '../events/announcing.ts';
import { NOW_MS } from '../support/orders.ts';
import { freshStore, type TestStore } from '../support/store.ts';
import { start } from './command.ts';

function sluice(store: TestStore, ...args: string[]) {
  const { url, token } = inject('upstash');
  const env = {
    UPSTASH_REDIS_REST_URL: url,
    UPSTASH_REDIS_REST_TOKEN: token,
    SLUICE_PREFIX: store.prefix,
  };
  return start(['events', ...args], env).ended;
}

test('events that were set aside are shown, retried and dropped', async () => {
  const store = freshStore();
  const [first = '', second = '', third = '', fourth] = await producedEvents(store, 4);
  const aside = { reason: 'The receiver answered with 422.\u009b', asideAtMs: NOW_MS };
  await takeOutEvents(
    store,
    'events',
    [first, second, third].map((id) => ({ id, tries: 0, to: { kind: 'aside', aside } })),
  );
  const listed = await sluice(store, 'list');
  expect(listed).toMatchObject({ exitCode: 0, err: '' });
  expect(listed.out).toMatch(/^1 event not sent yet, 0 to be sent again, 3 set aside\n/);
  expect(listed.out).toContain(
    `${first}  2026-11-22T13:37:00.000Z  The receiver answered with 422.`,
  );
  expect(listed.out).not.toContain('\u009b');
  expect((await sluice(store, 'retry', second)).out).toMatch(/^put back 1 event/);
  expect(await outbox(store)).toEqual([second, fourth]);
  expect(await sluice(store, 'drop', first)).toMatchObject({
    ...{ exitCode: 1, err: expect.stringContaining('add --yes to drop 1 event') },
  });
  expect((await sluice(store, 'drop', first, '--yes')).out).toBe('dropped 1 event\n');
  expect(await sluice(store, 'retry', first)).toMatchObject({
    ...{ exitCode: 1, err: expect.stringContaining(first) },
  });
  expect(JSON.parse((await sluice(store, 'retry', '--all', '--json')).out)).toEqual({ retried: 1 });
  expect(await outbox(store)).toEqual([third, second, fourth]);
  expect(JSON.parse((await sluice(store, 'list', '--json')).out)).toMatchObject({ aside: [] });
  expect((await sluice(store, 'retry')).exitCode).toBe(2);
}, 60_000);
