import { expect, test } from 'vitest';
import { isPublicAddress } from '../../lib/webhook/addresses.ts';
import type { Network } from '../../lib/webhook/post.ts';
import { NOW_MS } from '../support/orders.ts';
import { steppedClock } from '../support/stepped-clock.ts';
import { claimedOrders, contextOf } from './claimed.ts';
import { producerFor, startReceiver } from './receiver.ts';

const clock = steppedClock(NOW_MS);
const REFUSED = {
  kind: 'retry',
  reason: 'The address of the receiver is a private one, which is not allowed.',
};

test.each([
  '8.8.8.8',
  '1.1.1.1',
  '9.255.255.255',
  '11.0.0.0',
  '100.63.255.255',
  '100.128.0.0',
  '126.255.255.255',
  '128.0.0.0',
  '169.253.255.255',
  '169.255.0.0',
  '172.15.255.255',
  '172.32.0.0',
  '192.167.255.255',
  '192.169.0.0',
  '198.17.255.255',
  '198.20.0.0',
  '223.255.255.255',
  '2606:4700:4700::1111',
  '2a01:4f8::1',
  '2001:4860:4860::8888',
])('%s is public', (address) => {
  expect(isPublicAddress(address)).toBe(true);
});

const PRIVATE = [
  '0.0.0.0',
  '0.1.2.3',
  '10.0.0.0',
  '10.255.255.255',
  '100.64.0.1',
  '100.127.255.255',
  '127.0.0.1',
  '127.255.255.254',
  '169.254.0.1',
  '169.254.169.254',
  '169.254.170.2',
  '172.16.0.1',
  '172.31.255.255',
  '192.0.0.8',
  '192.0.2.1',
  '192.88.99.1',
  '192.168.0.1',
  '192.168.255.255',
  '198.18.0.1',
  '198.19.255.255',
  '198.51.100.1',
  '203.0.113.1',
  '224.0.0.1',
  '239.255.255.255',
  '240.0.0.1',
  '255.255.255.255',
  '::',
  '::1',
  '0:0:0:0:0:0:0:1',
  '::127.0.0.1',
  '::ffff:127.0.0.1',
  '::ffff:7f00:1',
  '::ffff:a9fe:a9fe',
  '::ffff:8.8.8.8',
  '::ffff:0:127.0.0.1',
  '64:ff9b::7f00:1',
  '64:ff9b:1::1',
  '100::1',
  '2001::1',
  '2001:0:7f00:1::',
  '2001:20::1',
  '2001:db8::1',
  '2002:7f00:1::',
  '3fff::1',
  '4000::1',
  '5f00::1',
  'fc00::1',
  'fd00::1',
  'fd00:ec2::254',
  'fe80::1',
  'fe80::1%eth0',
  '2a01:4f8::1%eth0',
  'fec0::1',
  'ff02::1',
];

test.each(PRIVATE)('%s is not public', (address) => {
  expect(isPublicAddress(address)).toBe(false);
});

test.each(['127.1', '0x7f000001', '2130706433', '017700000001', 'localhost', '', 'x', '1.2.3.4.5'])(
  '%j is no address, and not public',
  (address) => {
    expect(isPublicAddress(address)).toBe(false);
  },
);

/** Producing one order at a URL whose host is not allowed to be private. */
async function produceAt(url: string, network?: Network, isPrivateAllowed = false) {
  const [order] = claimedOrders(1);
  const dependencies = { clock, ...(network && { network }) };
  const producer = producerFor(url, dependencies, { isPrivateAllowed });
  return (await producer([order], contextOf())).get(order.id);
}

test.each([
  'localhost',
  '127.0.0.1',
  '127.1',
  '2130706433',
  '0x7f000001',
  '017700000001',
  '0177.0.0.1',
  '0',
  '[::ffff:127.0.0.1]',
  '[::ffff:7f00:1]',
])('a receiver at %s is not called, and is where its host is allowed', async (host) => {
  await using receiver = await startReceiver();
  const url = `http://${host}:${receiver.port}/`;
  expect(await produceAt(url)).toEqual(REFUSED);
  expect(receiver.all).toEqual([]);
  expect(await produceAt(url, undefined, true)).toEqual({ kind: 'produced' });
});

test.each([...PRIVATE, '127.1', 'not an address'])(
  'a name that resolves to %s is not called',
  async (address) => {
    const network = { resolve: async () => [{ address, family: 4 }], isPublic: isPublicAddress };
    expect(await produceAt('http://receiver.example/', network)).toEqual(REFUSED);
  },
);

test('a name that resolves to a public and to a private address is not called', async () => {
  await using receiver = await startReceiver();
  const addresses = ['8.8.8.8', '127.0.0.1'].map((address) => ({ address, family: 4 }));
  for (const found of [addresses, addresses.toReversed(), []]) {
    const network = { resolve: async () => found, isPublic: isPublicAddress };
    expect(await produceAt(`http://receiver.example:${receiver.port}/`, network)).toEqual(REFUSED);
  }
  expect(receiver.all).toEqual([]);
});

test('a connection goes to the address that was checked, whatever the name resolves to next', async () => {
  await using receiver = await startReceiver(({ headers }, response) =>
    response.writeHead(headers.host?.startsWith('receiver.example') ? 200 : 400).end(),
  );
  // Stands for a public address, as none can be listened on here.
  const asPublic = '127.0.0.1';
  let lookups = 0;
  const network: Network = {
    resolve: async () => [{ address: lookups++ === 0 ? asPublic : '127.0.0.2', family: 4 }],
    isPublic: (address) => address === asPublic,
  };
  const url = `http://receiver.example:${receiver.port}/`;
  expect(await produceAt(url, network)).toEqual({ kind: 'produced' });
  expect(lookups).toBe(1);
  expect(receiver.all).toHaveLength(1);
  // A connection of its own, so the name is resolved and checked anew.
  expect(await produceAt(url, network)).toEqual(REFUSED);
  expect(receiver.all).toHaveLength(1);
});
