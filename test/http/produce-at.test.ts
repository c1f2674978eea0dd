import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { NOW_MS, orderBody } from '../support/orders.ts';
import { type Deployment, deploy } from './deployment.ts';

const AHEAD_MS_MAX = 30 * 24 * 60 * 60 * 1000;

let api: Deployment;
beforeEach(async () => {
  vi.useFakeTimers({ toFake: ['Date'], now: NOW_MS });
  api = await deploy();
});
afterEach(() => {
  vi.useRealTimers();
});

const isoAt = (unixMs: number) => new Date(unixMs).toISOString();

async function expectRefused(produceAt: unknown) {
  const answer = await api.submit(orderBody({ produceAt }));
  expect(answer.status).toBe(400);
  expect(answer.body.errors).toEqual([{ pointer: '/produceAt', detail: expect.any(String) }]);
  expect(await api.keys()).toEqual([]);
}

test('an order may be for up to 30 days ahead, to the millisecond', async () => {
  const ahead = await api.submit(orderBody({ produceAt: isoAt(NOW_MS + AHEAD_MS_MAX) }));
  expect(ahead.body.status).toBe('scheduled');
});

test('an order may not be for a millisecond more', async () => {
  await expectRefused(isoAt(NOW_MS + AHEAD_MS_MAX + 1));
});

test('the offset counts where 30 days are counted', async () => {
  const wall = isoAt(NOW_MS + AHEAD_MS_MAX).slice(0, -1);
  await expectRefused(`${wall}-00:01`);
  const answer = await api.submit(orderBody({ produceAt: `${wall}+00:00` }));
  expect(answer.status).toBe(202);
});

const DUE_IN_A_MINUTE = [
  '2026-11-22T13:38:00Z',
  '2026-11-22t13:38:00z',
  '2026-11-22T13:38:00.000Z',
  '2026-11-22T13:38:00.000999999999Z',
  '2026-11-22T13:38:00+00:00',
  '2026-11-22T13:38:00-00:00',
  '2026-11-22T14:38:00+01:00',
  '2026-11-23T13:37:00+23:59',
  '2026-11-21T13:39:00-23:59',
  '2026-11-22T19:23:00+05:45',
];

test.each(DUE_IN_A_MINUTE)('%s is the same time however it is written', async (produceAt) => {
  const first = await api.submit(orderBody({ produceAt: DUE_IN_A_MINUTE[0] }), { key: 'same' });
  expect(first.body.status).toBe('scheduled');
  const repeat = await api.submit(orderBody({ produceAt }), { key: 'same' });
  expect(repeat.text).toBe(first.text);
  const due = await api.redis.zrange(`${api.prefix}order_pending`, 0, -1, { withScores: true });
  expect(due).toEqual([first.body.id, String(NOW_MS + 60_000)]);
});

test('a leap second is the second that follows it, in any offset', async () => {
  vi.setSystemTime('2016-12-31T00:00:00Z');
  const first = await api.submit(orderBody({ produceAt: '2017-01-01T00:00:00Z' }), { key: 'same' });
  expect(first.body.status).toBe('scheduled');
  for (const produceAt of ['2016-12-31T23:59:60Z', '2017-01-01T08:59:60+09:00']) {
    const repeat = await api.submit(orderBody({ produceAt }), { key: 'same' });
    expect(repeat.text).toBe(first.text);
  }
});

test.each([
  '2026-11-22T12:00:60Z',
  '2026-11-22T23:59:60+01:00',
  '2026-11-22T23:59:61Z',
  '2026-11-22T24:00:00Z',
  '2026-11-22T13:60:00Z',
  '2026-02-29T00:00:00Z',
  '2026-11-31T00:00:00Z',
  '2026-13-01T00:00:00Z',
  '2026-00-01T00:00:00Z',
  '2026-11-00T00:00:00Z',
  '1900-02-29T00:00:00Z',
  '2026-11-22T13:38:00+24:00',
  '2026-11-22T13:38:00+01:60',
  '2026-11-22T13:38:00+0100',
  '2026-11-22T13:38:00+1:00',
  '2026-11-22T13:38:00',
  '2026-11-22T13:38Z',
  '2026-11-22 13:38:00Z',
  '2026-11-22T13:38:00,5Z',
  '2026-11-22T13:38:00.Z',
  '2026-11-22',
  '+002026-11-22T13:38:00Z',
  '2026-W47-7T13:38:00Z',
  '２０２６-11-22T13:38:00Z',
  ' 2026-11-22T13:38:00Z',
  '2026-11-22T13:38:00Z\n',
  'now',
  '',
])('%j is no time', async (produceAt) => {
  await expectRefused(produceAt);
});

test.each([null, 0, 1_795_354_680_000, true, {}, ['2026-11-22T13:38:00Z']])(
  '%j is no time either',
  async (produceAt) => {
    await expectRefused(produceAt);
  },
);

test.each(['0000-01-01T00:00:00+23:59', '0000-02-29T00:00:00Z', '0001-01-01T00:00:00Z'])(
  '%s has long passed, so the order is queued',
  async (produceAt) => {
    const { status, body } = await api.submit(orderBody({ produceAt }));
    expect([status, body.status]).toEqual([202, 'queued']);
    expect((await api.read(String(body.id))).status).toBe(200);
  },
);

test('a scheduled order is read as queued once its time has come', async () => {
  const { body } = await api.submit(orderBody({ produceAt: isoAt(NOW_MS + 1_000) }));
  expect((await api.read(String(body.id))).body.status).toBe('scheduled');
  vi.setSystemTime(NOW_MS + 1_000);
  expect((await api.read(String(body.id))).body.status).toBe('queued');
});

test('a reused key with another time is 422', async () => {
  await api.submit(orderBody({ produceAt: isoAt(NOW_MS + 1_000) }), { key: 'same' });
  const other = await api.submit(orderBody({ produceAt: isoAt(NOW_MS + 1_001) }), { key: 'same' });
  expect(other.status).toBe(422);
});
