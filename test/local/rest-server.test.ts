import { expect, onTestFinished, test } from 'vitest';
import { shareConnection } from '../../local/redis/connection.ts';
import { startUpstashServer } from '../../local/upstash/server.ts';
import { post, stackForFile, stackForTest } from './stack.ts';

const stack = stackForFile();

test('a large reply to one client leaves those of others whole and in their order', async () => {
  const value = 'x'.repeat(8 * 1024 * 1024);
  await stack.command('SET', 'beside', value);
  const large = Array.from({ length: 4 }, () => stack.command('GET', 'beside'));
  const small = Array.from({ length: 200 }, (_, at) => stack.command('ECHO', `small ${at}`));
  for (const { body } of await Promise.all(large)) {
    expect((body as { result: string }).result === value).toBe(true);
  }
  for (const [at, { body }] of (await Promise.all(small)).entries()) {
    expect(body).toEqual({ result: `small ${at}` });
  }
});

test('an array of 100,000 members comes out whole', async () => {
  const script = 'for i = 1, 100 do redis.call("RPUSH", KEYS[1], unpack(ARGV)) end';
  await stack.command('EVAL', script, 1, 'list', ...Array.from({ length: 1000 }, (_, at) => at));
  const { body } = await stack.command('LRANGE', 'list', 0, -1);
  const { result } = body as { result: string[] };
  expect(result).toHaveLength(100_000);
  expect(result.slice(-1)).toEqual(['999']);
});

test('without Redis every request is answered with 503 and an error', async () => {
  const own = await stackForTest();
  await own.redis.stop();
  for (const path of ['/get/k', '/subscribe/c']) {
    const response = await own.request(path);
    expect(response.status).toBe(503);
    expect(await response.json()).toEqual({ error: 'ERR Redis is not reachable' });
  }
  const { status } = await post(own, '/multi-exec', [['GET', 'k']]);
  expect(status).toBe(503);
});

test('when Redis dies the requests under way fail, and none of them hangs', async () => {
  const own = await stackForTest();
  await own.command('PING');
  process.kill(own.redis.pid, 'SIGSTOP');
  const underWay = Array.from({ length: 5 }, () => own.command('INCR', 'k'));
  process.kill(own.redis.pid, 'SIGKILL');
  for (const { status, body } of await Promise.all(underWay)) {
    expect(status).toBe(503);
    expect(body).toEqual({ error: 'ERR Redis is not reachable' });
  }
});

test('a Redis that does not answer is given up, and used again once it does', async () => {
  const own = await stackForTest({ replyMsMax: 200 });
  process.kill(own.redis.pid, 'SIGSTOP');
  const { status, body } = await own.command('INCR', 'k');
  expect(status).toBe(503);
  expect(body).toEqual({ error: 'ERR Redis is not reachable' });
  process.kill(own.redis.pid, 'SIGCONT');
  expect((await own.command('PING')).body).toEqual({ result: 'PONG' });
});

test('a connection that Redis closes is opened again', async () => {
  const own = await stackForTest();
  await own.command('SET', 'k', 'v');
  const admin = shareConnection({ socketPath: own.redis.socketPath });
  onTestFinished(() => admin.close());
  await admin.send([['CLIENT', 'KILL', 'TYPE', 'normal', 'SKIPME', 'yes']]);
  // Whether the end of the connection is seen before the next request is left to chance.
  const answers = [await own.command('GET', 'k'), await own.command('GET', 'k')];
  expect(answers.at(-1)).toEqual({ status: 200, body: { result: 'v' } });
});

test('two servers may share one Redis', async () => {
  const other = await startUpstashServer({
    socketPath: stack.redis.socketPath,
    token: stack.token,
  });
  await stack.command('SET', 'shared', 'v');
  const response = await fetch(`${other.url}/get/shared?_token=${encodeURIComponent(stack.token)}`);
  expect(await response.json()).toEqual({ result: 'v' });
  await other.close();
});

test('a port that is taken is an error', async () => {
  const port = Number(new URL(stack.upstash.url).port);
  const second = startUpstashServer({
    socketPath: stack.redis.socketPath,
    token: stack.token,
    port,
  });
  await expect(second).rejects.toMatchObject({ code: 'EADDRINUSE' });
});

test('close ends keep-alive connections and event streams', async () => {
  const own = await stackForTest();
  await own.command('PING');
  const events = await own.request('/subscribe/channel');
  const ended = events.text().catch(() => 'cut off');
  await own.upstash.close();
  await ended;
  await expect(own.command('PING')).rejects.toThrow('fetch failed');
});
