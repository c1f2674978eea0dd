import { beforeAll, describe, expect, test } from 'vitest';
import { orderBody } from '../support/orders.ts';
import { type Call, type Deployment, deploy } from './deployment.ts';

let api: Deployment;
beforeAll(async () => {
  api = await deploy();
});

async function expectRefused(status: number, type: string, call: Call) {
  const before = await api.keys();
  const headers = { 'idempotency-key': 'refused', ...call.headers };
  const answer = await api.call('submit', { ...call, headers });
  expect(answer.status).toBe(status);
  expect(answer.headers['content-type']).toBe('application/problem+json');
  expect(answer.body).toMatchObject({ type: `/problems/${type}`, status });
  expect(await api.keys()).toEqual(before);
}

const VALID = JSON.stringify(orderBody());
const NO_JSON: Record<string, string | Buffer> = {
  'is empty': '',
  'is white space': ' \n',
  'is cut off': VALID.slice(0, -1),
  'goes on after its end': `${VALID}{}`,
  'has a comma too many': VALID.replace(/}$/, ',}'),
  'has a comment': `/* order */${VALID}`,
  'has single quotes': VALID.replaceAll('"', "'"),
  'holds NaN': '{"customer":NaN}',
  'holds a raw line feed in a string': '{"customer":"a\nb"}',
  'begins with a byte order mark': `\ufeff${VALID}`,
  'begins with a byte order mark, in base64': Buffer.from(`\ufeff${VALID}`),
  'is UTF-16': Buffer.from(VALID, 'utf16le'),
  'is Latin-1': Buffer.from(VALID.replace('17850', 'Zoë'), 'latin1'),
  'holds half a character': Buffer.from([...Buffer.from('{"customer":"'), 0xf0, 0x9f, 0x22, 0x7d]),
  'holds a surrogate in UTF-8': Buffer.from([0x22, 0xed, 0xa0, 0x80, 0x22]),
  'holds an overlong slash': Buffer.from([0x22, 0xc0, 0xaf, 0x22]),
};

test.each(Object.entries(NO_JSON))('a body that %s is 400', async (_, body) => {
  await expectRefused(400, 'invalid-json', { body });
});

test('a body that is not there is 400', async () => {
  await expectRefused(400, 'invalid-json', { headers: { 'content-type': 'application/json' } });
});

test.each(['null', '5', '"order"', '[]', 'true', `[${VALID}]`])(
  'a body of %s is JSON and no order: the fault is the whole body',
  async (body) => {
    const answer = await api.submit(body);
    expect(answer.status).toBe(400);
    expect(answer.body).toMatchObject({
      type: '/problems/invalid-order',
      errors: [{ pointer: '' }],
    });
  },
);

test('a body in base64 is the same order as in plain text', async () => {
  const body = orderBody({ customer: 'Zoë 🦊' });
  const plain = await api.submit(body, { key: 'plain-or-base64' });
  const encoded = await api.submit(Buffer.from(JSON.stringify(body)), { key: 'plain-or-base64' });
  expect(plain.status).toBe(202);
  expect(encoded.text).toBe(plain.text);
});

test('a member that stands twice counts with its last value', async () => {
  const twice = VALID.replace('{"customer"', '{"customer":5,"customer":"first","customer"');
  expect((await api.submit(twice)).body.customer).toBe('17850');
});

const BYTES_MAX = 256 * 1024;
const padded = (bytes: number) => VALID.padEnd(bytes, ' ');

describe('the size', () => {
  test('a body of 256 KiB is taken, in plain text and in base64', async () => {
    expect((await api.submit(padded(BYTES_MAX))).status).toBe(202);
    expect((await api.submit(Buffer.from(padded(BYTES_MAX)))).status).toBe(202);
  });

  test('it counts bytes, not characters', async () => {
    const order = JSON.stringify(orderBody({ customer: 'é' }));
    expect((await api.submit(order.padEnd(BYTES_MAX - 1, ' '))).status).toBe(202);
    await expectRefused(413, 'body-too-large', { body: order.padEnd(BYTES_MAX, ' ') });
  });

  const TOO_LARGE: Record<string, string | Buffer> = {
    'a valid order': padded(BYTES_MAX + 1),
    'a valid order in base64': Buffer.from(padded(BYTES_MAX + 1)),
    'no order': `"${'x'.repeat(BYTES_MAX)}"`,
    'no JSON': 'x'.repeat(BYTES_MAX + 1),
    'no UTF-8': Buffer.alloc(BYTES_MAX + 1, 0xff),
    'nothing but brackets': '['.repeat(BYTES_MAX + 1),
    '5 MB of zeros': '0'.repeat(5_000_000),
  };
  const HEADERS: Record<string, Call['headers']> = {
    'the right headers': {},
    'another content type': { 'content-type': 'text/plain' },
    'no content type': { 'content-type': undefined },
    'no idempotency key': { 'idempotency-key': undefined },
  };

  describe.each(Object.entries(HEADERS))('with %s', (__, headers = {}) => {
    test.each(Object.entries(TOO_LARGE))('a byte more is 413 where it is %s', async (_, body) => {
      await expectRefused(413, 'body-too-large', { body, headers });
    });
  });
});

describe('the content type', () => {
  test.each([
    'application/json',
    'Application/JSON',
    'application/json;charset=utf-8',
    'application/json; charset=UTF-8',
    'application/json ; charset="utf-8"',
  ])('%s is taken', async (type) => {
    expect((await api.submit(orderBody(), { headers: { 'content-type': type } })).status).toBe(202);
  });

  test.each([
    undefined,
    '',
    'text/plain',
    'text/json',
    'application/jsonx',
    'application/json-seq',
    'application/problem+json',
    'application/x-www-form-urlencoded',
    'multipart/form-data; boundary=application/json',
    'text/plain; application/json',
    'application/json, text/plain',
    'application/json; charset=iso-8859-1',
    '*/*',
  ])('%s is 415, before anything is read', async (type) => {
    const headers = { 'content-type': type, 'idempotency-key': undefined };
    await expectRefused(415, 'unsupported-media-type', { body: '{', headers });
  });

  test.each(['application/json', 'application/json;', 'application/json;charset=utf-8'])(
    '%s before spaces without end is refused in time that grows with their number only',
    async (type) => {
      const headers = { 'content-type': `${type}${' '.repeat(200_000)}x` };
      await expectRefused(415, 'unsupported-media-type', { body: VALID, headers });
    },
  );
});
