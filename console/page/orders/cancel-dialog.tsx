import type { Canceled } from '../../../lib/contract/operator-schemas.ts';
import type { OrderSummaryDocument } from '../../../lib/contract/schemas.ts';
import { count, countOf, shortId } from '../format.ts';
import { Dialog } from '../parts/dialog.tsx';
import { Failed } from '../parts/small.tsx';
import { useChange } from '../parts/use-change.ts';
import { sumsInWords, sumsOf } from '../sums.ts';

/** The most that the API cancels at a request. */
const ORDERS_MAX = 100;

/** Asks with the number and the amount, and tells what became of each. */
export function CancelDialog(props: {
  readonly orders: readonly Pick<OrderSummaryDocument, 'id' | 'currency' | 'totalAmount'>[];
  readonly onClose: (isDone: boolean) => void;
}) {
  const { onClose } = props;
  const orders = props.orders.slice(0, ORDERS_MAX);
  const { state, run } = useChange<Canceled>('cancel');
  const isOver = state.kind === 'answered' || state.kind === 'failed';
  const what = countOf(orders.length, 'order');
  return (
    <Dialog title={`Cancel ${what}`} onClose={() => onClose(isOver)}>
      <p>
        {what}, worth {sumsInWords(sumsOf(orders))}, will not be produced. An order that has begun
        to be produced stays as it is.
        {props.orders.length > ORDERS_MAX &&
          ` Of those selected, these are the first ${ORDERS_MAX}.`}
      </p>
      <div role="status">
        {state.kind === 'answered' && <Outcome canceled={state.body} />}
        {state.kind === 'failed' && <Failed failure={state.failure} />}
      </div>
      <div class="row-of-buttons">
        <button type="button" onClick={() => onClose(isOver)}>
          {isOver ? 'Close' : 'Do not cancel'}
        </button>
        {!isOver && (
          <button
            type="button"
            class="danger"
            disabled={state.kind === 'running'}
            onClick={() => void run({ ids: orders.map(({ id }) => id) })}
          >
            {state.kind === 'running' ? 'Canceling …' : `Cancel ${what}`}
          </button>
        )}
      </div>
    </Dialog>
  );
}

function Outcome({ canceled: { canceled, results } }: { readonly canceled: Canceled }) {
  const refused = results.flatMap((one) => (one.status === 200 ? [] : [one]));
  return (
    <>
      <p class={`notice ${refused.length === 0 ? 'is-good' : 'is-watch'}`}>
        {count(canceled)} canceled{refused.length > 0 && `, ${count(refused.length)} not`}.
      </p>
      <ul>
        {refused.map(({ id, problem }) => (
          <li key={id}>
            <span class="mono">{shortId(id)}</span>: {problem.detail}
          </li>
        ))}
      </ul>
    </>
  );
}
