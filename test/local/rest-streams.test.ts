import { expect, onTestFinished, test } from 'vitest';
import { type Stack, stackForFile, stackForTest } from './stack.ts';

const stack = stackForFile();

/** Opens an event stream and reads its events one by one. */
async function openEvents(from: Stack, path: string): Promise<() => Promise<string | undefined>> {
  const leaving = new AbortController();
  onTestFinished(() => leaving.abort());
  const response = await from.request(path, {
    method: 'POST',
    headers: { accept: 'text/event-stream' },
    signal: leaving.signal,
  });
  expect(response.headers.get('content-type')).toBe('text/event-stream');
  const events = readEvents(response);
  return async () => (await events.next()).value;
}

async function* readEvents(response: Response): AsyncGenerator<string, undefined> {
  let text = '';
  for await (const chunk of (response.body ?? new ReadableStream()).pipeThrough(
    new TextDecoderStream(),
  )) {
    text += chunk;
    const whole = text.split('\n\n');
    text = whole.pop() ?? '';
    yield* whole;
  }
}

test('a subscriber is told of its subscription and then of each message', async () => {
  const next = await openEvents(stack, '/subscribe/chat');
  expect(await next()).toBe('data: subscribe,chat,1');
  expect(await (await stack.request('/publish/chat/hello')).json()).toEqual({ result: 1 });
  await stack.command('PUBLISH', 'chat', 'with, commas, and €');
  expect(await next()).toBe('data: message,chat,hello');
  expect(await next()).toBe('data: message,chat,with, commas, and €');
});

test('a subscriber may name several channels', async () => {
  const next = await openEvents(stack, '/subscribe/one/two');
  expect([await next(), await next()]).toEqual(['data: subscribe,one,1', 'data: subscribe,two,2']);
});

test('a message of several lines stays one event', async () => {
  const next = await openEvents(stack, '/subscribe/lines');
  await next();
  await stack.command('PUBLISH', 'lines', 'a\nb');
  expect(await next()).toBe('data: message,lines,a\ndata: b');
});

test('a pattern subscriber gets the messages of every channel that matches', async () => {
  const next = await openEvents(stack, '/psubscribe/user:*');
  expect(await next()).toBe('data: psubscribe,user:*,1');
  await stack.command('PUBLISH', 'other:1', 'not this');
  await stack.command('PUBLISH', 'user:1', 'this');
  expect(await next()).toBe('data: pmessage,user:*,user:1,this');
});

test('a monitor sees the commands that run', async () => {
  const next = await openEvents(stack, '/monitor');
  expect(await next()).toBe('data: "OK"');
  await stack.command('SET', 'monitored', 'v');
  expect(await next()).toMatch(/^data: \d+\.\d+ \[0 .*\] "SET" "monitored" "v"$/);
});

test('a subscription without a channel is refused', async () => {
  const response = await stack.request('/subscribe');
  expect(response.status).toBe(400);
  expect(await response.json()).toEqual({
    error: "ERR wrong number of arguments for 'subscribe' command",
  });
});

test('a subscriber that leaves is unsubscribed', async () => {
  const leaving = new AbortController();
  const response = await stack.request('/subscribe/left', { signal: leaving.signal });
  expect(response.status).toBe(200);
  expect((await stack.command('PUBLISH', 'left', 'm')).body).toEqual({ result: 1 });
  leaving.abort();
  await expect
    .poll(async () => (await stack.command('PUBLISH', 'left', 'm')).body)
    .toEqual({ result: 0 });
});

test('the stream ends when Redis does', async () => {
  const own = await stackForTest();
  const next = await openEvents(own, '/subscribe/ending');
  await next();
  await own.redis.stop();
  expect(await next()).toBeUndefined();
});

test('the SDK subscribes to a channel, and unsubscribes from one of two', async () => {
  const sdk = stack.sdk();
  const subscriber = sdk.subscribe<{ at: number }>(['sdk:1', 'sdk:2']);
  onTestFinished(() => subscriber.unsubscribe());
  const received: unknown[] = [];
  subscriber.on('message', ({ channel, message }) => received.push([channel, message]));
  await expect.poll(() => sdk.publish('sdk:1', { at: 1 })).toBe(1);
  await expect.poll(() => sdk.publish('sdk:2', { at: 2 })).toBe(1);
  await expect.poll(() => received).toHaveLength(2);
  expect(received).toContainEqual(['sdk:1', { at: 1 }]);
  expect(received).toContainEqual(['sdk:2', { at: 2 }]);
  await subscriber.unsubscribe(['sdk:1']);
  await expect.poll(() => sdk.publish('sdk:1', { at: 3 })).toBe(0);
  expect(await sdk.publish('sdk:2', { at: 4 })).toBe(1);
});

test('the SDK subscribes to a pattern', async () => {
  const sdk = stack.sdk();
  const subscriber = sdk.psubscribe<{ at: number }>(['sdk:*:news']);
  onTestFinished(() => subscriber.unsubscribe());
  const message = new Promise((resolve) => subscriber.on('pmessage', resolve));
  await expect.poll(() => sdk.publish('sdk:today:news', { at: 1 })).toBe(1);
  expect(await message).toEqual({
    pattern: 'sdk:*:news',
    channel: 'sdk:today:news',
    message: { at: 1 },
  });
});
