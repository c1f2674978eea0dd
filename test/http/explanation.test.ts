import { beforeEach, expect, test, vi } from 'vitest';
import { producerOf, runDrain } from '../support/drains.ts';
import { lambdaContext, type TestKey } from '../support/functions.ts';
import { NOW_MS, newOrder, orderBody } from '../support/orders.ts';
import { steppedClock } from '../support/stepped-clock.ts';
import { claimReady, submitAll } from '../support/store.ts';
import { type Deployment, deploy } from './deployment.ts';

let api: Deployment;
beforeEach(async () => {
  vi.useFakeTimers({ toFake: ['Date'], now: NOW_MS });
  api = await deploy();
  return () => vi.useRealTimers();
});

const { id } = newOrder('key');
const MINUTE_MS = 60_000;
const explain = async (as: TestKey = 'admin', which = id) =>
  (await api.call('explain', { id: which, as })).body;
const submit = (more: object = {}) => submitAll(api.store, [newOrder('key', more)]);
const answering = (answer: Parameters<typeof producerOf>[0], afterMs = 0) =>
  runDrain(api.store, { producer: producerOf(answer), clock: steppedClock(NOW_MS + afterMs) });
const time = (afterMs: number) => `${new Date(NOW_MS + afterMs).toISOString().slice(11, 19)} UTC`;

test('scheduled: it waits for its time', async () => {
  await submit({ submission: { produceAtMs: NOW_MS + 14 * MINUTE_MS } });
  expect(await explain()).toMatchObject({
    kind: 'scheduled',
    sentence: `It waits for its time: ${time(14 * MINUTE_MS)}, in 14 min.`,
    offers: ['cancel'],
  });
});

test('leased: who has it, since when and until when; and unanswered once that is over', async () => {
  await submit();
  const holder = `1.4be1c2d3-0000@${NOW_MS}`;
  await claimReady(api.store, { nowMs: NOW_MS, leaseMs: 30_000, holder });
  vi.setSystemTime(NOW_MS + 12_000);
  expect(await explain()).toMatchObject({
    kind: 'leased',
    sentence: `Drain 1 (slot 1) has had it for 12 s; its lease ends at ${time(30_000)}.`,
    facts: { token: 1, slot: 1, holder: '1.4be1c2d3', claimedAt: new Date(NOW_MS).toISOString() },
  });
  vi.setSystemTime(NOW_MS + 40_000);
  expect(await explain()).toMatchObject({ kind: 'unanswered', offers: ['drain'] });
});

test('to retry: which attempt failed of what, and when the next one is', async () => {
  await submit();
  await answering(() => ({ kind: 'retry', reason: 'ERP: 503', afterMs: 9_000 }));
  expect(await explain()).toMatchObject({
    kind: 'retry',
    sentence: expect.stringMatching(
      /^Attempt 1 of 24 failed at [\d:]{8} UTC: "ERP: 503"\. Next try at [\d:]{8} UTC, in \d+ s\.$/,
    ),
    facts: { attempts: 1, attemptsMax: 24, lastError: { reason: 'ERP: 503' } },
  });
});

test('waiting: what is before it, and when its turn comes', async () => {
  await submitAll(api.store, [newOrder('first'), newOrder('second')]);
  await submit();
  expect(await explain()).toMatchObject({
    kind: 'waiting',
    sentence: 'About 2 orders are before it; the next drain takes it or what is before it.',
    facts: { before: 2, depth: 3 },
  });
  const first = await explain('admin', newOrder('first').id);
  expect(first.sentence).toBe('It is ready, and among the next that a drain takes.');
});

test('paused: by whom, until when and why, to an admin; to a client only until when', async () => {
  await submit();
  await api.call('pause', { body: { forMs: 30 * MINUTE_MS, reason: 'ERP release' } });
  const until = time(30 * MINUTE_MS);
  expect(await explain()).toMatchObject({
    kind: 'paused',
    sentence: `Paused by ops until ${until} ("ERP release").`,
    offers: ['resume', 'cancel'],
  });
  const told = await explain('shop');
  expect(told).toMatchObject({ sentence: `Paused until ${until}.`, offers: ['cancel'] });
  expect(JSON.stringify(told)).not.toMatch(/ops|ERP/);
});

test('no drain: none was noted for two minutes', async () => {
  await submit();
  vi.setSystemTime(NOW_MS + 3 * MINUTE_MS);
  expect(await explain()).toMatchObject({
    kind: 'no-drain',
    sentence: 'No drain has run in the last 15 min.',
  });
});

test('producer down: in how many drains, and why, to an admin', async () => {
  const { noteDrain } = await import('../../lib/store/activity.ts');
  await submit();
  for (const at of [3, 2, 1]) {
    const startMs = NOW_MS - at * MINUTE_MS;
    const ending = at === 3 ? 'empty' : 'producer-down';
    const counts = {
      claimed: 1,
      arrived: 1,
      token: at,
      produced: 0,
      retried: 1,
      dead: 0,
      drains: 1,
    };
    const record = {
      startMs,
      endMs: startMs,
      slot: 0,
      ...counts,
      woken: 0,
      queued: 1,
      due: 0,
      oldestAgeMs: 0,
    };
    const error = 'ERP of another client: 503';
    await noteDrain(api.store, {
      record: { ...record, latencies: [], ending, error },
      trigger: 'schedule',
    });
  }
  const sentence = 'The producer has failed in the last 2 drains';
  expect(await explain()).toMatchObject({
    kind: 'producer-down',
    sentence: `${sentence}: "ERP of another client: 503". Orders wait and lose no attempt.`,
    facts: { failedDrains: 2 },
  });
  expect((await explain('shop')).sentence).toBe(`${sentence}. Orders wait and lose no attempt.`);
});

test('dead: of what, and how many others died of the same', async () => {
  await submitAll(api.store, [newOrder('a'), newOrder('b')]);
  await submit();
  await answering((one) => ({ kind: 'rejected', reason: `No SKU in ${one}` }));
  expect(await explain()).toMatchObject({
    kind: 'dead',
    sentence: expect.stringMatching(
      /^It was rejected at .*: "No SKU in ord_.*"\. 2 of the 2 newest others died of the same\.$/,
    ),
    facts: { sameReason: { count: 2, examined: 2 } },
    offers: ['reasons', 'redrive', 'cancel'],
  });
});

test('ended: when, and its number', async () => {
  await submit();
  await api.schedule({ slot: 0 }, lambdaContext());
  expect(await explain()).toMatchObject({
    kind: 'produced',
    sentence: `It was produced at ${time(0)}. Its number is 1.`,
    offers: [],
  });
});

test('stranded and lost: what no place, and what no record tells of', async () => {
  await submit();
  await api.redis.del(api.store.keys.queue('shop'));
  expect(await explain()).toMatchObject({ kind: 'stranded', offers: ['reconcile'] });
  await api.redis.set(api.store.keys.state(id), '{"status":"queued","attempts":1}');
  await api.redis.del(api.store.keys.order(id));
  expect(await explain()).toMatchObject({ kind: 'lost' });
  expect((await api.call('explain', { id, as: 'shop' })).status).toBe(404);
});

test('an order of another client, or none, is a 404, and one that was erased a 410', async () => {
  expect((await api.call('explain', { id })).status).toBe(404);
  const theirs = String((await api.submit(orderBody(), { as: 'other' })).body.id);
  expect((await api.call('explain', { id: theirs, as: 'shop' })).status).toBe(404);
  await api.call('erase', { id: theirs });
  expect((await api.call('explain', { id: theirs, as: 'other' })).status).toBe(410);
});
