import { useEffect, useRef, useState } from 'preact/hooks';
import type { Redriven } from '../../../lib/contract/operator-schemas.ts';
import type { OrderDocument } from '../../../lib/contract/schemas.ts';
import type { Reply } from '../../protocol.ts';
import { Failed, OrderLink, State, stateOf } from '../parts/small.tsx';
import { Time } from '../parts/time.tsx';
import { useChange } from '../parts/use-change.ts';
import { ask } from '../session.ts';

const LOOK_MS = 3_000;

/** Puts one order back alone, and watches what becomes of it. */
export function TryOne({ id, onSent }: { readonly id: string; readonly onSent: () => void }) {
  const { state, run } = useChange<Redriven>('redrive');
  const [order, setOrder] = useState<OrderDocument>();
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  useEffect(() => () => clearTimeout(timer.current), []);

  async function watch(): Promise<void> {
    const reply = await ask<Reply<OrderDocument>>('order', { id });
    if (reply.kind === 'answered') setOrder(reply.body);
    const isOver = reply.kind === 'answered' && /produced|dead|canceled/.test(reply.body.status);
    if (!isOver) timer.current = setTimeout(() => void watch(), LOOK_MS);
  }

  async function put(): Promise<void> {
    const reply = await run({ ids: [id] });
    if (reply.kind === 'failed' && !reply.failure.isOutcomeUnknown) return;
    onSent();
    await watch();
  }

  const [result] = state.kind === 'answered' ? (state.body.results ?? []) : [];
  return (
    <div role="status">
      {state.kind === 'ready' || state.kind === 'running' ? (
        <button type="button" disabled={state.kind === 'running'} onClick={() => void put()}>
          Put back <span class="mono">{id.slice(0, 12)}…</span> alone
        </button>
      ) : (
        <p>
          <OrderLink id={id} /> {result?.status === 409 ? 'was no longer dead' : 'is put back'} →{' '}
          {order ? <Became order={order} /> : '…'}
        </p>
      )}
      {state.kind === 'failed' && <Failed failure={state.failure} />}
    </div>
  );
}

function Became({ order }: { readonly order: OrderDocument }) {
  const { status, producedAt, orderNumber, lastError } = order;
  return (
    <>
      <State of={stateOf(order)} />
      {producedAt && (
        <>
          {' '}
          <Time at={producedAt} />
        </>
      )}
      {orderNumber !== undefined && `, number ${orderNumber}`}
      {status === 'dead' && lastError && <span class="theirs"> again: “{lastError.reason}”</span>}
      {(status === 'queued' || status === 'producing') && '; its turn comes with the next drain'}
    </>
  );
}
