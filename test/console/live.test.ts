import { expect, test } from 'vitest';
import type { Received } from '../support/pretend-server.ts';
import { steppedClock } from '../support/stepped-clock.ts';
import { answerOf, detail, startedConsole, stats } from './console.ts';

const START_MS = Date.parse('2026-11-28T02:00:00.000Z');
const MIN = 60_000;

const asked = (received: readonly Received[], path: string) =>
  received.filter((request) => request.path.startsWith(path)).length;

/** The API's answers carry the time that the stepped clock has, and a bit. */
function timed(aheadMs = 0) {
  const clock = steppedClock(START_MS);
  const answering = (request: Received) => ({
    ...answerOf(request),
    headers: { date: new Date(clock.now() + aheadMs).toUTCString() },
  });
  return { clock, answering };
}

test('three tabs cost one question in ten seconds, and what changes by the minute one in a minute', async () => {
  const { clock, answering } = timed();
  const { read, received } = await startedConsole(answering, { platform: { clock } });
  for (let second = 0; second < 60; second += 1) {
    const all = await Promise.all([1, 2, 3].map(() => read('/api/live?maxAgeMs=10000')));
    for (const one of all) expect(one).toHaveProperty('stats');
    clock.step(1_000);
  }
  expect(asked(received, '/stats')).toBe(6);
  expect(asked(received, '/stats?detail')).toBe(1);
  expect(asked(received, '/activity')).toBe(1);
  expect(asked(received, '/me')).toBe(1);
});

test('nobody asks faster than every ten seconds; whoever is away asks once a minute', async () => {
  const { clock, answering } = timed();
  const { read, received } = await startedConsole(answering, { platform: { clock } });
  for (const maxAgeMs of [0, -1, 1, 'x', 9_999]) await read(`/api/live?maxAgeMs=${maxAgeMs}`);
  expect(asked(received, '/stats')).toBe(1);
  for (let tens = 0; tens < 6; tens += 1) {
    clock.step(10_000);
    await read('/api/live?maxAgeMs=60000');
  }
  expect(asked(received, '/stats')).toBe(2);
});

test.each([
  ['unreachable', 'reset'],
  ['unauthorized', { status: 401, body: { type: '/problems/unauthorized' } }],
  ['too-many-requests', { status: 429, headers: { 'retry-after': '20' } }],
  ['unavailable', { status: 503, headers: { 'retry-after': '2' } }],
  ['unexpected', { status: 200, text: '<!doctype html>' }],
  ['unexpected', { status: 200, body: { queued: 'many' } }],
] as const)(
  'an API that is %s leaves the last figures with their time, and it recovers',
  async (kind, fault) => {
    const { clock, answering } = timed();
    let isAway = false;
    const { read } = await startedConsole((request) => (isAway ? fault : answering(request)), {
      platform: { clock },
    });
    const before = await read('/api/live');
    isAway = true;
    clock.step(11_000);
    const away = await read('/api/live');
    expect(away.stats).toEqual(before.stats);
    expect(away.failure).toMatchObject({ kind, sinceMs: expect.any(Number) });
    expect(away.nextAtMs).toBe(away.failure.nextTryAtMs);
    isAway = false;
    clock.step(MIN);
    const back = await read('/api/live');
    expect(back).not.toHaveProperty('failure');
    expect(back.stats.atMs).toBeGreaterThan(away.stats.atMs);
  },
);

test('the cost is by what Redis has executed between two looks, unless it was restarted', async () => {
  const { clock, answering } = timed();
  let commandsExecuted = 5_000;
  const { read } = await startedConsole(
    (request) => {
      const answer = answering(request);
      const isDetailed = request.path.includes('detail');
      const body = { ...stats, detail: { ...detail, commandsExecuted } };
      return isDetailed ? { ...answer, status: 200, body } : answer;
    },
    { platform: { clock } },
  );
  expect(await read('/api/live')).not.toHaveProperty('cost');
  clock.step(2 * MIN);
  commandsExecuted += 12_000;
  const { cost } = await read('/api/live');
  expect(cost).toMatchObject({ isMeasured: true });
  expect(Math.abs(cost.commandsPerMinute / 6_000 - 1)).toBeLessThan(0.02);
  clock.step(2 * MIN);
  commandsExecuted = 7;
  expect(await read('/api/live')).not.toHaveProperty('cost');
});

test('the time is the API’s, also where this machine is wrong by an hour', async () => {
  const { clock, answering } = timed(60 * MIN);
  const { read } = await startedConsole(answering, { platform: { clock } });
  const { nowMs, stats } = await read('/api/live');
  expect(Math.abs(nowMs - (START_MS + 60 * MIN))).toBeLessThan(1_500);
  expect(Math.abs(stats.atMs - nowMs)).toBeLessThan(1_500);
});

test('a key without orders:admin is not asked what it may not see', async () => {
  const { read, received } = await startedConsole((request) => answerOf(request, ['orders:read']));
  expect(await read('/api/live')).toMatchObject({ readOnly: 'scope', me: { client: 'ops' } });
  expect(received.map(({ path }) => path)).toEqual(['/me']);
});
