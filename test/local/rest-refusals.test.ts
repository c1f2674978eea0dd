import { expect, test } from 'vitest';
import { stackForFile } from './stack.ts';

const stack = stackForFile();

/** One word a command, and what it is asked for. */
const words = (list: string): string[][] =>
  list
    .trim()
    .split(/\n\s*/)
    .map((line) => line.split(' '));

const NOT_OVER_REST = words(`
  BLPOP k 0
  brpop k 0
  BLMOVE a b LEFT LEFT 0
  BRPOPLPUSH a b 0
  BLMPOP 0 1 k LEFT
  BZPOPMIN k 0
  BZPOPMAX k 0
  BZMPOP 0 1 k MIN
  WAIT 1 0
  XREAD BLOCK 0 STREAMS s $
  XREADGROUP GROUP g c block 0 STREAMS s >
  MULTI
  EXEC
  DISCARD
  WATCH k
  UNWATCH
  SUBSCRIBE c
  PSUBSCRIBE c*
  UNSUBSCRIBE
  MONITOR
  AUTH p
  HELLO 3
  RESET
  QUIT
  SELECT 1
  CLIENT REPLY OFF
`);

test.each(NOT_OVER_REST)(
  '%s %s is refused: it blocks, or needs its own connection',
  async (...command) => {
    expect(await stack.command(...command)).toEqual({
      status: 400,
      body: {
        error: `ERR Command "${command[0]?.toUpperCase()}" is not allowed in REST or it has a special context path`,
      },
    });
  },
);

const UNAVAILABLE = words(`
  SHUTDOWN NOSAVE
  DEBUG SLEEP 1
  config SET maxmemory 1
  SAVE
  REPLICAOF NO ONE
  MODULE LIST
  SCRIPT DEBUG YES
  NOSUCHCOMMAND k
`);

test.each(UNAVAILABLE)('%s %s is not available', async (...command) => {
  const { status, body } = await stack.command(...command);
  expect(status).toBe(400);
  expect(body).toEqual({
    error: expect.stringMatching(/^ERR Command is not available: '[A-Z ]+'\. See https:/),
  });
});

test('a path cannot reach what the body cannot', async () => {
  const response = await stack.request('/config/set/maxmemory/1');
  expect(response.status).toBe(400);
});

test('SELECT 0 is a step to where one is already', async () => {
  expect((await stack.command('SELECT', 0)).body).toEqual({ result: 'OK' });
});

test('a stream, a group and a consumer may be called BLOCK', async () => {
  await stack.command('XADD', 'BLOCK', '1-1', 'f', 'v');
  const { body } = await stack.command('XREAD', 'COUNT', 1, 'STREAMS', 'BLOCK', 0);
  expect(body).toEqual({ result: [['BLOCK', [['1-1', ['f', 'v']]]]] });
  await stack.command('XGROUP', 'CREATE', 'BLOCK', 'BLOCK', 0);
  const read = ['XREADGROUP', 'GROUP', 'BLOCK', 'BLOCK', 'STREAMS', 'BLOCK', '>'];
  expect((await stack.command(...read)).body).toEqual(body);
});

test('refused commands leave the connection as it was', async () => {
  await stack.command('CLIENT', 'REPLY', 'OFF');
  await stack.command('MULTI');
  await stack.command('SET', 'after', '1');
  expect((await stack.command('GET', 'after')).body).toEqual({ result: '1' });
});
