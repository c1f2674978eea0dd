import { expect, test } from 'vitest';
import type { Received } from '../support/pretend-server.ts';
import { answerOf, startedConsole } from './console.ts';

const posts = (received: readonly Received[]) => received.filter(({ method }) => method === 'POST');

test.each([
  ['a key without orders:admin', (request: Received) => answerOf(request, ['orders:read']), {}],
  ['--read-only', answerOf, { isReadOnly: true }],
  ['an API that does not say what the key may do', () => ({ status: 503 }), {}],
] as const)(
  'with %s every POST is refused here, and none goes on',
  async (_name, answering, options) => {
    const { change, read, received } = await startedConsole(answering, options);
    for (const path of ['drain', 'pause', 'resume', 'cancel', 'redrive', 'erase']) {
      expect(await change(`/api/${path}`, {})).toMatchObject({ status: 403 });
    }
    expect(posts(received)).toEqual([]);
    expect(await read('/api/live')).toHaveProperty('readOnly');
  },
);

test('a change is made once, however often it is asked for under one name', async () => {
  const { change, received } = await startedConsole();
  const [first, second] = await Promise.all([
    change('/api/resume', {}, 'a-double-click'),
    change('/api/resume', {}, 'a-double-click'),
  ]);
  const third = await change('/api/resume', {}, 'a-double-click');
  expect(JSON.parse(first.text)).toMatchObject({ kind: 'answered', body: { resumed: true } });
  expect([second.text, third.text]).toEqual([first.text, first.text]);
  expect(posts(received)).toHaveLength(1);
  await change('/api/resume', {}, 'another-one');
  expect(posts(received)).toHaveLength(2);
});

test.each([
  'reset',
  { status: 503, headers: { 'retry-after': '1' } },
  { status: 200, text: '<html>' },
] as const)(
  'a change answered with %j is not sent again, and its outcome is told as unknown',
  async (lost) => {
    const { change, received } = await startedConsole((request) =>
      request.method === 'POST' ? lost : answerOf(request),
    );
    const { text } = await change('/api/resume', {});
    expect(JSON.parse(text)).toMatchObject({ kind: 'failed', failure: { isOutcomeUnknown: true } });
    expect(posts(received)).toHaveLength(1);
  },
);

test('a change without a name, or that is no JSON, is refused', async () => {
  const { ask, own, received } = await startedConsole();
  const type = { 'content-type': 'application/json' };
  const wrong = [
    { headers: { ...own, ...type }, body: '{}' },
    { headers: { ...own, ...type, 'x-console-action': 'short' }, body: '{}' },
    { headers: { ...own, 'x-console-action': 'a-good-name' }, body: '{}' },
    { headers: { ...own, ...type, 'x-console-action': 'a-good-name' }, body: '[]' },
    { headers: { ...own, ...type, 'x-console-action': 'a-good-name' }, body: 'x'.repeat(70_000) },
  ];
  for (const one of wrong) {
    expect(await ask('/api/resume', { method: 'POST', ...one })).toMatchObject({ status: 400 });
  }
  expect(posts(received)).toEqual([]);
});
