import { useState } from 'preact/hooks';
import type { Explanation } from '../../../lib/contract/explanation-schemas.ts';
import type { DrainReport, Redriven, Resumed } from '../../../lib/contract/operator-schemas.ts';
import type { OrderDocument } from '../../../lib/contract/schemas.ts';
import { PauseButton } from '../now/actions.tsx';
import { ChangeButton, Failed } from '../parts/small.tsx';
import { useChange } from '../parts/use-change.ts';
import { CancelDialog } from './cancel-dialog.tsx';

type Offer = Explanation['offers'][number];

const CANCELABLE: ReadonlySet<string> = new Set(['queued', 'scheduled', 'dead']);

/** What may be done to an order, and what may help it on. */
export function OrderActions(props: {
  readonly order: OrderDocument;
  readonly offers: readonly Offer[];
  readonly onDone: () => void;
}) {
  const { order, offers, onDone } = props;
  const [isCanceling, setCanceling] = useState(false);
  return (
    <div class="row-of-buttons">
      {order.status === 'dead' && <Redrive order={order} onDone={onDone} />}
      {offers.includes('drain') && <Act path="drain" name="Drain now" onDone={onDone} />}
      {offers.includes('pause') && <PauseButton name="Pause …" />}
      {offers.includes('resume') && <Act path="resume" name="Resume now" onDone={onDone} />}
      {CANCELABLE.has(order.status) && (
        <ChangeButton kind="danger" onClick={() => setCanceling(true)}>
          Cancel …
        </ChangeButton>
      )}
      {offers.includes('reasons') && <a href="#/dead-letters">Others that died</a>}
      {offers.includes('runbook') && <a href="#/runbook/drain-not-running">Runbook</a>}
      {offers.includes('reconcile') && (
        <span>
          To repair it now: <code>npm run sluice -- reconcile --repair</code>
        </span>
      )}
      <button type="button" onClick={onDone}>
        Read again
      </button>
      {isCanceling && (
        <CancelDialog
          orders={[order]}
          onClose={(isDone) => {
            setCanceling(false);
            if (isDone) onDone();
          }}
        />
      )}
    </div>
  );
}

/** Puts a dead order back, once: the button is there again only after the order was read anew. */
function Redrive({
  order,
  onDone,
}: {
  readonly order: OrderDocument;
  readonly onDone: () => void;
}) {
  const { state, run } = useChange<Redriven>('redrive');
  const [refused] = state.kind === 'answered' ? (state.body.results ?? []) : [];
  const put = async () => {
    const reply = await run({ ids: [order.id] });
    if (reply.kind === 'answered') onDone();
  };
  return (
    <>
      <ChangeButton kind="primary" isDisabled={state.kind !== 'ready'} onClick={() => void put()}>
        Put back
      </ChangeButton>
      {state.kind === 'failed' && <Failed failure={state.failure} />}
      {refused !== undefined && refused.status !== 202 && (
        <span role="status">{refused.problem.detail}</span>
      )}
    </>
  );
}

function Act(props: {
  readonly path: 'drain' | 'resume';
  readonly name: string;
  readonly onDone: () => void;
}) {
  const { state, run, again } = useChange<DrainReport | Resumed>(props.path);
  const act = async () => {
    if (state.kind !== 'ready') again();
    await run();
    props.onDone();
  };
  const isBusy = state.kind === 'failed' && state.failure.kind === 'conflict';
  return (
    <>
      <ChangeButton isDisabled={state.kind === 'running'} onClick={() => void act()}>
        {state.kind === 'running' ? 'At it …' : props.name}
      </ChangeButton>
      {isBusy && <span role="status">One is at work.</span>}
      {state.kind === 'failed' && !isBusy && <Failed failure={state.failure} />}
    </>
  );
}
