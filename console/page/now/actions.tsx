import { useState } from 'preact/hooks';
import type { DrainReport, PauseDocument } from '../../../lib/contract/operator-schemas.ts';
import { count, countOf } from '../format.ts';
import { usePage } from '../live.ts';
import { Dialog } from '../parts/dialog.tsx';
import { ChangeButton, Failed } from '../parts/small.tsx';
import { useChange } from '../parts/use-change.ts';
import type { Situation } from './situation.ts';

const READ_ONLY = {
  flag: 'This console was started with --read-only: it changes nothing.',
  scope: 'The key of this console lacks orders:admin: it changes nothing.',
  unknown: 'The API has not said yet what this key may do.',
} as const;

/** What can be done from here about drains as a whole. */
export function Actions({ situation }: { readonly situation: Situation }) {
  const { live } = usePage();
  const drain = useChange<DrainReport>('drain');
  const isDraining = drain.state.kind === 'running';
  const drainNow = () => {
    if (drain.state.kind !== 'ready') drain.again();
    void drain.run();
  };
  return (
    <div class="actions">
      {live?.readOnly !== undefined && <p>{READ_ONLY[live.readOnly]}</p>}
      <div class="row-of-buttons">
        <ChangeButton onClick={drainNow} isDisabled={isDraining}>
          {isDraining ? 'Draining, for 20 s at most …' : 'Drain now'}
        </ChangeButton>
        <PauseButton name={situation.stats.pause ? 'Pause for longer …' : 'Pause …'} />
      </div>
      <div role="status">
        <DrainOutcome state={drain.state} />
      </div>
    </div>
  );
}

export function PauseButton({ name }: { readonly name: string }) {
  const [isPausing, setPausing] = useState(false);
  return (
    <>
      <ChangeButton onClick={() => setPausing(true)}>{name}</ChangeButton>
      {isPausing && <PauseDialog onClose={() => setPausing(false)} />}
    </>
  );
}

function DrainOutcome({
  state,
}: {
  readonly state: ReturnType<typeof useChange<DrainReport>>['state'];
}) {
  if (state.kind === 'answered') {
    const { claimed, produced, retried, dead, remaining } = state.body;
    return (
      <p>
        {countOf(claimed, 'order')} claimed: {count(produced)} produced, {count(retried)} to retry,{' '}
        {count(dead)} dead. {count(remaining)} still ready.
      </p>
    );
  }
  if (state.kind !== 'failed') return null;
  if (state.failure.kind !== 'conflict') return <Failed failure={state.failure} />;
  return <p>No drain was started: {state.failure.detail}</p>;
}

const MINUTES = [5, 15, 30, 60];

function PauseDialog({ onClose }: { readonly onClose: () => void }) {
  const { state, run } = useChange<PauseDocument>('pause');
  const [minutes, setMinutes] = useState(15);
  const [reason, setReason] = useState('');
  async function pause(event: Event): Promise<void> {
    event.preventDefault();
    const reply = await run({ forMs: minutes * 60_000, reason: reason.trim() });
    if (reply.kind === 'answered') onClose();
  }
  return (
    <Dialog title="Pause the drains" onClose={onClose}>
      <form onSubmit={pause} class="spend">
        <p>
          Until the pause ends, no drain claims orders. Those already claimed are still produced,
          and new ones are still accepted. It ends by itself.
        </p>
        <label>
          For
          <select
            value={minutes}
            onChange={(event) => setMinutes(Number(event.currentTarget.value))}
          >
            {MINUTES.map((one) => (
              <option key={one} value={one}>
                {one} minutes
              </option>
            ))}
          </select>
        </label>
        <label>
          Why? Everyone who looks here sees it
          <input
            value={reason}
            maxLength={200}
            placeholder="ERP release"
            onInput={(event) => setReason(event.currentTarget.value)}
          />
        </label>
        {state.kind === 'failed' && <Failed failure={state.failure} />}
        <div class="row-of-buttons">
          <button type="button" onClick={onClose}>
            Do not pause
          </button>
          <button type="submit" class="primary" disabled={state.kind === 'running'}>
            Pause for {minutes} minutes
          </button>
        </div>
      </form>
    </Dialog>
  );
}
