import { expect, test } from 'vitest';
import { EXAMPLES } from '../../lib/contract/examples.ts';
import { start, startedServer } from './command.ts';

const answered = (route: string, status = 200) =>
  startedServer(() => ({ status, body: EXAMPLES.answer[route] ?? {} }));

async function run(args: readonly string[], route: string, status?: number) {
  const { env, received } = await answered(route, status);
  return { ...(await start(args, env).ended), received };
}

test('an explanation is a sentence and what may be done', async () => {
  const { id } = EXAMPLES;
  const { out, received } = await run(['explain', id], 'GET /orders/{id}/explanation');
  expect(received[0]?.path).toBe(`/orders/${id}/explanation`);
  expect(out).toBe(
    'Attempt 3 of 24 failed at 13:37:00: "ERP: 503". Next try at 13:37:13, in 9 s.\n' +
      'You may: cancel.\n',
  );
});

test('a pause takes its time in words, and is ended', async () => {
  const args = ['pause', '--for', '30m', '--reason', 'ERP release'];
  const { out, received } = await run(args, 'POST /pause');
  expect(JSON.parse(received[0]?.body ?? '')).toEqual({ forMs: 1_800_000, reason: 'ERP release' });
  expect(out).toBe('paused until 2026-11-22T14:07:00.000Z\n');
  expect((await run(['resume'], 'POST /resume')).out).toBe('the drains go on\n');
  for (const wrong of ['2h', '0s', '5', 'x', '61m']) {
    const { exitCode, received: none } = await run(['pause', '--for', wrong], 'POST /pause');
    expect([exitCode, none]).toEqual([2, []]);
  }
});

test('a drain that is refused by a pause says so', async () => {
  const problem = {
    ...EXAMPLES.problem('paused'),
    detail: 'ops has paused the drains until then.',
  };
  const { env } = await startedServer(() => ({ status: 409, body: problem }));
  const { exitCode, err } = await start(['drain'], env).ended;
  expect(exitCode).toBe(1);
  expect(err).toMatch(/ops has paused the drains until then\. \(409\)/);
});

test('activity and reasons are tables', async () => {
  const { out } = await run(['activity', '--hours', '24'], 'GET /activity');
  expect(out).toMatch(/^from +in +claimed .*\n2026-11-22T13:37:00.000Z +120 +120 +119 /);
  expect(out).toMatch(
    /The last one ended 2026-11-22T13:37:04.000Z: empty; last error: ERP: 503\n$/,
  );
  const reasons = await run(['dead-letters', '--by-reason'], 'GET /dead-letters/reasons');
  expect(reasons.out).toMatch(/\n1 .* GBP 35\.64 +erp: # for order #\ngrouped 1 of 1 dead order/);
});
