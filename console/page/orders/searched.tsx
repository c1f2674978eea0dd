import { useState } from 'preact/hooks';
import type { OrderSummaryDocument } from '../../../lib/contract/schemas.ts';
import { count } from '../format.ts';
import { usePage } from '../live.ts';
import { Failed } from '../parts/small.tsx';
import { type UsedListing, useListing } from './listing.ts';
import { OrderTable } from './order-table.tsx';
import { type Try, triesOf } from './tries.ts';

/** One text, tried as all that it can be; what was tried, and how far, is part of the answer. */
export function Searched({ text }: { readonly text: string }) {
  const tries = triesOf(text);
  const [found, setFound] = useState<Readonly<Record<string, readonly OrderSummaryDocument[]>>>({});
  const orders = [
    ...new Map(
      Object.values(found)
        .flat()
        .map((one) => [one.id, one]),
    ).values(),
  ];
  return (
    <>
      <section class="card" aria-label="What was tried">
        <header>
          <h2>
            Looking for <span class="theirs">“{text}”</span>
          </h2>
        </header>
        <ul class="body tries">
          <li>
            <b>id</b> <span class="soft">✗ not written like one (ord_ and 32 digits)</span>
          </li>
          {tries.map((one) => (
            <TryRow
              key={one.as}
              attempt={one}
              onFound={(some) => setFound((all) => ({ ...all, [one.as]: some }))}
            />
          ))}
        </ul>
      </section>
      {orders.length > 0 && (
        <section class="card" aria-label="Orders found">
          <OrderTable orders={orders} />
        </section>
      )}
    </>
  );
}

function TryRow(props: {
  readonly attempt: Try;
  readonly onFound: (orders: readonly OrderSummaryDocument[]) => void;
}) {
  const { attempt, onFound } = props;
  const used = useListing('orders', attempt.query);
  const { listing, isReading, more } = used;
  const [told, setTold] = useState<UsedListing['listing']>();
  if (listing !== undefined && listing !== told) {
    setTold(listing);
    onFound(listing.orders);
  }
  return (
    <li data-try={attempt.as}>
      <b>{attempt.as}</b> <Outcome used={used} attempt={attempt} />{' '}
      {listing?.cursor && (
        <button type="button" class="quiet" disabled={isReading} onClick={() => void more()}>
          {isReading ? 'reading …' : 'read 1,000 more ▸'}
        </button>
      )}
      {listing?.failure && <Failed failure={listing.failure} />}
    </li>
  );
}

function Outcome({ used, attempt }: { readonly used: UsedListing; readonly attempt: Try }) {
  const { live } = usePage();
  const { listing } = used;
  if (listing === undefined) return <span class="soft">reading …</span>;
  const { orders, examined, cursor } = listing;
  const clients = [...new Set(orders.map(({ client }) => client).filter(Boolean))];
  if (orders.length > 0) {
    return (
      <span class="is-good">
        ✓ {count(orders.length)} found{clients.length > 0 && `, of ${clients.join(' and ')}`}
        {cursor !== null && `, in ${count(examined)} read`}
      </span>
    );
  }
  if (cursor === null) {
    return (
      <span class="soft">✗ none{attempt.isWhole ? '' : `, of all ${count(examined)} orders`}</span>
    );
  }
  const { stats } = live ?? {};
  const kept = stats && sumOf(stats.body);
  return (
    <span class="soft">
      none in the {count(examined)} read{kept !== undefined && ` of ≈${count(kept)}`}
    </span>
  );
}

function sumOf(stats: {
  queued: number;
  producing: number;
  scheduled: number;
  dead: number;
  produced: number;
  canceled: number;
}): number {
  return (
    stats.queued + stats.producing + stats.scheduled + stats.dead + stats.produced + stats.canceled
  );
}
