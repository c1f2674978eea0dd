import type { Client } from '../../lib/client/client.ts';
import { isOrderId } from '../../lib/orders/identity.ts';
import type { ApiFailure, Reply } from '../protocol.ts';
import type { Upstream } from './upstream.ts';

/**
 * The closed list of what the page may ask the API for. Each goes through a method of the client; nothing
 * of a path comes from the browser, and whether the values are right is for the API to say.
 */
type Read = (
  upstream: Upstream,
  query: Readonly<Record<string, string>>,
) => Promise<Reply<unknown>>;
type Change = (
  upstream: Upstream,
  body: Readonly<Record<string, unknown>>,
) => Promise<Reply<unknown>>;

const TEXT_LENGTH_MAX = 4_096;

export const READS: ReadonlyMap<string, Read> = new Map<string, Read>([
  [
    '/api/orders',
    (upstream, query) => {
      const given = only(query, [
        ...['status', 'customer', 'reference', 'orderNumber', 'client', 'idempotencyKey'],
        ...['acceptedFrom', 'acceptedTo', 'limit', 'cursor'],
      ]);
      return upstream.read((client) => client.listPage(given as Parameters<Client['listPage']>[0]));
    },
  ],
  [
    '/api/order',
    (upstream, { id }) => ofOrder(id, (one) => upstream.read((client) => client.get(one), true)),
  ],
  [
    '/api/explanation',
    (upstream, { id }) => ofOrder(id, (one) => upstream.read((client) => client.explain(one))),
  ],
  [
    '/api/activity',
    (upstream, query) =>
      upstream.read((client) =>
        client.activity(only(query, ['from', 'to', 'step']) as Parameters<Client['activity']>[0]),
      ),
  ],
  [
    '/api/stock',
    (upstream) => upstream.read((client) => client.stockPage({ sort: 'available', limit: 10 })),
  ],
  ['/api/reasons', (upstream) => upstream.read((client) => client.deadLetterReasons())],
  [
    '/api/dead-letters',
    (upstream, query) =>
      upstream.read((client) =>
        client.deadLettersPage(
          only(query, ['limit', 'cursor']) as Parameters<Client['deadLettersPage']>[0],
        ),
      ),
  ],
]);

export const CHANGES: ReadonlyMap<string, Change> = new Map<string, Change>([
  ['/api/drain', (upstream) => upstream.change((client) => client.drain())],
  [
    '/api/pause',
    (upstream, { forMs, reason }) =>
      upstream.change((client) =>
        client.pause({
          forMs: Number(forMs),
          ...(typeof reason === 'string' && reason !== '' && { reason }),
        }),
      ),
  ],
  ['/api/resume', (upstream) => upstream.change((client) => client.resume())],
  [
    '/api/cancel',
    (upstream, { ids }) => upstream.change((client) => client.cancelMany(idsIn(ids))),
  ],
  [
    '/api/redrive',
    (upstream, { ids, ordersPerSecond }) =>
      upstream.change((client) =>
        client.redriveDeadLetters({
          ids: idsIn(ids),
          ...(ordersPerSecond !== undefined && { ordersPerSecond: Number(ordersPerSecond) }),
        }),
      ),
  ],
]);

function only(
  query: Readonly<Record<string, string>>,
  names: readonly string[],
): Record<string, string> {
  return Object.fromEntries(
    names.flatMap((name) => {
      const value = query[name];
      return value ? [[name, value.slice(0, TEXT_LENGTH_MAX)]] : [];
    }),
  );
}

function idsIn(ids: unknown): string[] {
  return Array.isArray(ids) ? ids.filter((id) => typeof id === 'string') : [];
}

const NO_ORDER: ApiFailure = {
  kind: 'not-found',
  detail: 'No order has such an id.',
  isOutcomeUnknown: false,
};

function ofOrder<T>(id: string | undefined, call: (id: string) => Promise<Reply<T>>) {
  if (id !== undefined && isOrderId(id)) return call(id);
  return Promise.resolve<Reply<T>>({ kind: 'failed', failure: NO_ORDER });
}
