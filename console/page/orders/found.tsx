import type { RefObject } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import type { OrderSummaryDocument } from '../../../lib/contract/schemas.ts';
import { ago, count, countOf } from '../format.ts';
import { useHold, useNow } from '../live.ts';
import { ChangeButton, Failed } from '../parts/small.tsx';
import { CancelDialog } from './cancel-dialog.tsx';
import type { UsedListing } from './listing.ts';
import { OrderTable } from './order-table.tsx';

/** The order that was opened last, to come back to its row. */
let lastOpened: string | undefined;

export function noteOpened(id: string): void {
  lastOpened = id;
}

/** A list of orders, with what may be done to those that are selected. */
export function Found(props: {
  readonly used: UsedListing;
  readonly selected: ReadonlySet<string>;
  readonly onSelect: (ids: ReadonlySet<string>) => void;
  readonly isFiltered: boolean;
  /** Which orders come first, in a sentence. */
  readonly sequence: string;
}) {
  const { used, selected, onSelect, isFiltered, sequence } = props;
  const { listing, isReading, more, again } = used;
  const nowMs = useNow();
  useHold(selected.size > 0 ? `${countOf(selected.size, 'order')} selected` : undefined);
  const place = useRef<HTMLElement>(null);
  const orders = listing?.orders ?? [];
  useComeBack(place, orders.length > 0);
  return (
    <section class="card" aria-label="Orders found" ref={place}>
      <header>
        <p role="status">
          {listing === undefined
            ? 'Reading …'
            : howFar({
                shown: orders.length,
                examined: listing.examined,
                isEnd: listing.cursor === null,
                ...{ isFiltered, sequence },
              })}
          {listing && ` Read ${ago(nowMs - listing.readAtMs)}.`}
        </p>
        <button type="button" onClick={() => void again()} disabled={isReading}>
          Read again
        </button>
      </header>
      {orders.length > 0 && <OrderTable orders={orders} selected={selected} onSelect={onSelect} />}
      <div class="body row-of-buttons">
        {listing?.failure && <Failed failure={listing.failure} />}
        {listing?.cursor && (
          <button type="button" onClick={() => void more()} disabled={isReading}>
            {isReading ? 'Reading …' : 'Go on ▸'}
          </button>
        )}
        <Selection orders={orders} selected={selected} onSelect={onSelect} onDone={again} />
      </div>
    </section>
  );
}

/** Never a bare "none": how far was looked is part of the answer. */
export function howFar(given: {
  readonly shown: number;
  readonly examined: number;
  readonly isEnd: boolean;
  readonly isFiltered: boolean;
  readonly sequence: string;
}): string {
  const { shown, examined, isEnd, isFiltered, sequence } = given;
  if (!isFiltered) {
    if (shown === 0) return isEnd ? 'There are no orders.' : `Read ${count(examined)}.`;
    return isEnd
      ? `All ${countOf(shown, 'order')}.`
      : `The first ${count(shown)}; there are more. ${sequence}`;
  }
  const found = shown === 0 ? 'none match' : `${count(shown)} match${shown === 1 ? 'es' : ''}`;
  return isEnd
    ? `Read all ${count(examined)}: ${found}.`
    : `Read ${count(examined)}, ${found}; go on to read more.`;
}

function useComeBack(place: RefObject<HTMLElement | null>, isShown: boolean): void {
  useEffect(() => {
    if (!isShown || lastOpened === undefined) return;
    const row = place.current?.querySelector<HTMLElement>(
      `[data-order="${CSS.escape(lastOpened)}"]`,
    );
    lastOpened = undefined;
    row?.focus();
  }, [isShown, place]);
}

function Selection(props: {
  readonly orders: readonly OrderSummaryDocument[];
  readonly selected: ReadonlySet<string>;
  readonly onSelect: (ids: ReadonlySet<string>) => void;
  readonly onDone: () => Promise<void>;
}) {
  const { selected, onSelect, onDone } = props;
  const [isCanceling, setCanceling] = useState(false);
  const orders = props.orders.filter(({ id }) => selected.has(id));
  if (orders.length === 0) return null;
  return (
    <span class="row-of-buttons selection">
      <span>{countOf(orders.length, 'order')} selected; updates are held.</span>
      <ChangeButton kind="danger" onClick={() => setCanceling(true)}>
        Cancel {count(orders.length)} …
      </ChangeButton>
      <button type="button" onClick={() => onSelect(new Set())}>
        Select none
      </button>
      {isCanceling && (
        <CancelDialog
          orders={orders}
          onClose={(isDone) => {
            setCanceling(false);
            if (!isDone) return;
            onSelect(new Set());
            void onDone();
          }}
        />
      )}
    </span>
  );
}
