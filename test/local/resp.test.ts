import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  createReplyDecoder,
  encodeCommands,
  encodeReply,
  type Reply,
} from '../../local/redis/resp.ts';

function decode(chunks: Iterable<Buffer>): Reply[] {
  const replies: Reply[] = [];
  const take = createReplyDecoder((reply) => replies.push(reply));
  for (const chunk of chunks) take(chunk);
  return replies;
}

const line = fc.string({ unit: fc.constantFrom(...'abc ü:$*+-1') });
const { reply } = fc.letrec<{ reply: Reply }>((tie) => ({
  reply: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    fc.record({ kind: fc.constant('status' as const), text: line }),
    fc.record({ kind: fc.constant('error' as const), text: line }),
    fc.record({
      kind: fc.constant('integer' as const),
      digits: fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }).map(String),
    }),
    fc.record({
      kind: fc.constant('bulk' as const),
      bytes: fc.uint8Array().map((bytes) => Buffer.from(bytes)),
    }),
    fc.record({ kind: fc.constant('nil' as const), of: fc.constantFrom('bulk', 'array') }),
    fc.record({ kind: fc.constant('array' as const), items: fc.array(tie('reply')) }),
  ) as fc.Arbitrary<Reply>,
}));

test('what is decoded is what was encoded, wherever the chunks are cut', () => {
  const sizes = fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1 });
  fc.assert(
    fc.property(fc.array(reply), sizes, (replies, chunkBytes) => {
      const bytes = Buffer.concat(replies.map(encodeReply));
      const chunks: Buffer[] = [];
      for (let at = 0, cut = 0; at < bytes.length; cut += 1) {
        const size = chunkBytes[cut % chunkBytes.length] ?? 1;
        chunks.push(bytes.subarray(at, at + size));
        at += size;
      }
      expect(decode(chunks)).toEqual(replies);
    }),
  );
});

test('a command is written as an array of bulks, counted in bytes', () => {
  const written = encodeCommands([['SET', 'ü', Buffer.of(0xff, 0x0d, 0x0a)], ['PING']]);
  const expected = Buffer.concat([
    Buffer.from('*3\r\n$3\r\nSET\r\n$2\r\nü\r\n$3\r\n'),
    Buffer.of(0xff, 0x0d, 0x0a),
    Buffer.from('\r\n*1\r\n$4\r\nPING\r\n'),
  ]);
  expect(written.equals(expected)).toBe(true);
});

test('a bulk of 10 MB in small chunks is one reply', () => {
  const bytes = encodeReply({ kind: 'bulk', bytes: Buffer.alloc(10 * 1024 * 1024, 'x') });
  function* chunks(): Generator<Buffer> {
    for (let at = 0; at < bytes.length; at += 1024) yield bytes.subarray(at, at + 1024);
  }
  expect(decode(chunks())).toHaveLength(1);
});

test('bytes that are no RESP2 are an error', () => {
  expect(() => decode([Buffer.from('HTTP/1.1 200 OK\r\n')])).toThrow('not a RESP2 reply');
});
