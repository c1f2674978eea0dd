import { useState } from 'preact/hooks';
import type { ReasonGroup, Reasons } from '../../../lib/contract/reasons-schemas.ts';
import type { Reply } from '../../protocol.ts';
import { ago, count, countOf } from '../format.ts';
import { useNow, usePage } from '../live.ts';
import { Dialog } from '../parts/dialog.tsx';
import { Times } from '../parts/time.tsx';
import { ask } from '../session.ts';
import { isLiveStage, nameOf } from '../stage.ts';
import { sumsInWords } from '../sums.ts';
import { diedSince } from './groups.ts';
import { PutBackRest } from './put-back-rest.tsx';
import { redriveCost } from './redrive.ts';
import { TryOne } from './try-one.tsx';

/** A redrive as an experiment: what it would be, one order first, then the rest at a pace. */
export function RedriveDialog(props: {
  readonly group: ReasonGroup;
  readonly readAtMs: number;
  readonly onClose: (isChanged: boolean) => void;
}) {
  const { group, readAtMs, onClose } = props;
  const { live } = usePage();
  const [first = ''] = group.ids;
  const [isTried, setTried] = useState(false);
  const [isSent, setSent] = useState(false);
  const stage = live?.me?.stage ?? '';
  const rest = isTried ? group.ids.slice(1) : group.ids;
  return (
    <Dialog
      title={`Put back ${countOf(group.ids.length, 'order')}`}
      onClose={() => onClose(isTried || isSent)}
      isWide
    >
      <p>
        On <span class={`stage ${isLiveStage(stage) ? 'is-live' : ''}`}>{nameOf(stage)}</span>{' '}
        <span class="theirs">“{group.example}”</span>
      </p>
      <ol class="steps">
        <li>
          <h3>What</h3>
          <What group={group} readAtMs={readAtMs} />
        </li>
        <li>
          <h3>Try one</h3>
          <TryOne id={first} onSent={() => setTried(true)} />
        </li>
        <li>
          <h3>{isTried ? 'The rest' : 'All of them'}</h3>
          {rest.length === 0 ? (
            <p class="soft">There are no others.</p>
          ) : (
            <PutBackRest ids={rest} onSent={() => setSent(true)} />
          )}
        </li>
      </ol>
      <div class="row-of-buttons">
        <button type="button" onClick={() => onClose(isTried || isSent)}>
          Close
        </button>
      </div>
    </Dialog>
  );
}

function What({ group, readAtMs }: { readonly group: ReasonGroup; readonly readAtMs: number }) {
  const nowMs = useNow();
  const { live } = usePage();
  const [since, setSince] = useState<number>();
  const look = async () => {
    const reply = await ask<Reply<Reasons>>('reasons');
    if (reply.kind === 'answered') setSince(diedSince(group, reply.body.groups));
  };
  return (
    <>
      <p>
        {countOf(group.ids.length, 'order')} worth {sumsInWords(group.sums)}, which died{' '}
        <Times {...group} />. Listed {ago(nowMs - readAtMs)}.{' '}
        <button type="button" class="quiet" onClick={() => void look()}>
          look again
        </button>
      </p>
      {live && <p class="soft">{redriveCost(group.ids.length, live)}</p>}
      <p role="status">
        {since !== undefined &&
          (since === 0
            ? 'None has died of this since.'
            : `${count(since)} ${since === 1 ? 'has' : 'have'} died of this since; ${since === 1 ? 'it is' : 'they are'} not among these.`)}
      </p>
      {group.redrivenBefore > 0 && (
        <p class="is-watch">
          {count(group.redrivenBefore)} of them {group.redrivenBefore === 1 ? 'was' : 'were'} put
          back before, and died again.
        </p>
      )}
    </>
  );
}
