import { useEffect, useRef, useState } from 'preact/hooks';
import type { OrderPage, OrderSummaryDocument } from '../../../lib/contract/schemas.ts';
import type { ApiFailure, Reply } from '../../protocol.ts';
import { usePage } from '../live.ts';
import { ask, ConsoleGone } from '../session.ts';
import type { Query } from './tries.ts';

/** What was found so far, and how far was looked. */
export interface Listing {
  readonly orders: readonly OrderSummaryDocument[];
  /** Orders that were read to find these. */
  readonly examined: number;
  /** Where to go on; `null` at the end. */
  readonly cursor: string | null;
  readonly readAtMs: number;
  readonly failure?: ApiFailure;
}

const PAGE_ORDERS = 50;
/** How many orders one "go on" reads at most. */
const GO_ON_ORDERS = 1_000;
/** Lists that were left, so that who comes back finds the row where it was. */
const LEFT_MAX = 20;
const left = new Map<string, Listing>();

/**
 * A list that is read page by page, as somebody asks for more.
 *
 * @param path   of the console's server
 * @param query  undefined: nothing is asked for
 */
export function useListing(path: string, query: Query | undefined) {
  const { now } = usePage();
  const name = query && `${path}?${new URLSearchParams(query)}`;
  const [listing, setListing] = useState<Listing | undefined>(() =>
    name === undefined ? undefined : left.get(name),
  );
  const [isReading, setReading] = useState(false);
  const current = useRef(0);

  /** Reads on, until something is found or enough was read for one go. */
  async function read(from: Listing | undefined): Promise<void> {
    if (query === undefined || name === undefined) return;
    current.current += 1;
    const round = current.current;
    setReading(true);
    let all = from;
    let examined = 0;
    let found = 0;
    do {
      const reply = await pageOf(path, {
        ...query,
        limit: String(PAGE_ORDERS),
        ...(all?.cursor && { cursor: all.cursor }),
      });
      if (round !== current.current) return;
      all = grown(all, reply, now());
      if (reply.kind === 'failed') break;
      examined += reply.body.examined;
      found += reply.body.orders.length;
      setListing(all);
    } while (all.cursor !== null && found === 0 && examined < GO_ON_ORDERS);
    left.delete(name);
    left.set(name, all);
    const [oldest] = left.keys();
    if (left.size > LEFT_MAX && oldest !== undefined) left.delete(oldest);
    setListing(all);
    setReading(false);
  }

  useEffect(() => {
    const known = name === undefined ? undefined : left.get(name);
    setListing(known);
    setReading(false);
    if (known === undefined) void read(undefined);
    return () => {
      current.current += 1;
    };
  }, [name]);

  return { listing, isReading, more: () => read(listing), again: () => read(undefined) };
}

export type UsedListing = ReturnType<typeof useListing>;

async function pageOf(path: string, query: Query): Promise<Reply<OrderPage>> {
  try {
    return await ask<Reply<OrderPage>>(path, query);
  } catch (error) {
    if (!(error instanceof ConsoleGone)) throw error;
    return {
      kind: 'failed',
      failure: { kind: 'unreachable', detail: error.message, isOutcomeUnknown: false },
    };
  }
}

/** @param all  what was there before, without a failure of then */
export function grown(all: Listing | undefined, reply: Reply<OrderPage>, nowMs: number): Listing {
  const { orders = [], examined = 0, cursor = null, readAtMs = nowMs } = all ?? {};
  if (reply.kind === 'failed')
    return { orders, examined, cursor, readAtMs, failure: reply.failure };
  const known = new Set(orders.map(({ id }) => id));
  return {
    // An order that moves on while the pages are read may come twice.
    orders: [...orders, ...reply.body.orders.filter(({ id }) => !known.has(id))],
    examined: examined + reply.body.examined,
    cursor: reply.body.nextCursor,
    readAtMs: reply.atMs,
  };
}
