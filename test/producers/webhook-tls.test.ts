import { expect, test } from 'vitest';
import type { Network } from '../../lib/webhook/post.ts';
import { NOW_MS } from '../support/orders.ts';
import { steppedClock } from '../support/stepped-clock.ts';
import { claimedOrders, contextOf } from './claimed.ts';
import { producerFor, startReceiver } from './receiver.ts';
import { CERTIFICATE } from './tls/certificate.ts';

/** Producing two orders at an https receiver on this machine, which goes by a name. */
async function produceAt(host: string, network: Partial<Network>) {
  await using receiver = await startReceiver(undefined, { tls: CERTIFICATE });
  const [first, second] = claimedOrders(2);
  const producer = producerFor(
    `https://${host}:${receiver.port}/`,
    {
      clock: steppedClock(NOW_MS),
      network: {
        resolve: async () => [{ address: '127.0.0.1', family: 4 }],
        isPublic: () => true,
        ...network,
      },
    },
    { isPrivateAllowed: false, concurrency: 1 },
  );
  const answers = await producer(second ? [first, second] : [first], contextOf());
  return { answer: answers.get(first.id), received: receiver.all };
}

test('the receiver is asked for the certificate of its name, though the address was resolved before', async () => {
  const { answer, received } = await produceAt('receiver.example', { ca: CERTIFICATE.cert });
  expect(answer).toEqual({ kind: 'produced' });
  expect(received).toHaveLength(2);
  expect(new Set(received.map(({ connection }) => connection)).size).toBe(1);
});

test('a receiver with another name’s certificate is not told the order', async () => {
  const { answer, received } = await produceAt('another.example', { ca: CERTIFICATE.cert });
  expect(answer).toEqual({
    kind: 'retry',
    reason: 'The receiver could not be reached (ERR_TLS_CERT_ALTNAME_INVALID).',
  });
  expect(received).toEqual([]);
});

test('a receiver whose certificate nobody vouches for is not told the order', async () => {
  const { answer, received } = await produceAt('receiver.example', {});
  expect(answer).toEqual({
    kind: 'retry',
    reason: 'The receiver could not be reached (DEPTH_ZERO_SELF_SIGNED_CERT).',
  });
  expect(received).toEqual([]);
});
