import { useEffect, useState } from 'preact/hooks';
import type { ReasonGroup, Reasons } from '../../../lib/contract/reasons-schemas.ts';
import type { Reply } from '../../protocol.ts';
import { ago, count, countOf } from '../format.ts';
import { useNow, usePage } from '../live.ts';
import { useListing } from '../orders/listing.ts';
import { OrderTable } from '../orders/order-table.tsx';
import { ChangeButton, Failed } from '../parts/small.tsx';
import { Times } from '../parts/time.tsx';
import { hrefOf } from '../route.ts';
import { ask } from '../session.ts';
import { sumsInWords } from '../sums.ts';
import { addedUp } from './groups.ts';
import { RedriveDialog } from './redrive-dialog.tsx';

/** Dead letters: by the reasons that they died of, or one by one. */
export function DeadLetters({ query }: { readonly query: Readonly<Record<string, string>> }) {
  const isList = query.as === 'list';
  return (
    <>
      <nav class="ranges" aria-label="How dead letters are shown">
        <a href="#/dead-letters" aria-current={isList ? undefined : 'true'}>
          by reason
        </a>
        <a href={hrefOf('dead-letters', { as: 'list' })} aria-current={isList ? 'true' : undefined}>
          one by one
        </a>
      </nav>
      {isList ? <List /> : <ByReason />}
    </>
  );
}

function List() {
  const { listing, isReading, more } = useListing('dead-letters', {});
  if (listing === undefined) return <p class="soft">Reading …</p>;
  return (
    <section class="card" aria-label="Dead letters">
      <header>
        <p role="status">
          {listing.orders.length === 0
            ? 'No order is dead.'
            : `${count(listing.orders.length)} dead${listing.cursor === null ? '' : ', there are more'}; the last to die first.`}
        </p>
      </header>
      {listing.orders.length > 0 && <OrderTable orders={listing.orders} />}
      {listing.failure && <Failed failure={listing.failure} />}
      {listing.cursor !== null && (
        <div class="body">
          <button type="button" disabled={isReading} onClick={() => void more()}>
            Go on ▸
          </button>
        </div>
      )}
    </section>
  );
}

function ByReason() {
  const { now } = usePage();
  const nowMs = useNow();
  const [reply, setReply] = useState<Reply<Reasons>>();
  const [readAtMs, setReadAtMs] = useState(0);
  const [round, setRound] = useState(0);
  useEffect(() => {
    let isOver = false;
    void ask<Reply<Reasons>>('reasons').then((answer) => {
      if (isOver) return;
      setReply(answer);
      setReadAtMs(now());
    });
    return () => {
      isOver = true;
    };
  }, [round]);
  if (reply === undefined) return <p class="soft">Reading why orders died …</p>;
  if (reply.kind === 'failed') return <Failed failure={reply.failure} />;
  const { groups, examined, dead } = reply.body;
  const again = () => setRound((n) => n + 1);
  if (groups.length === 0) {
    return (
      <section class="card">
        <p class="body">
          <span class="is-good">● No order is dead.</span> Orders that are rejected, or fail in all
          of their attempts, are here, by their reasons.
        </p>
      </section>
    );
  }
  const { sums, firstAt, lastAt } = addedUp(groups);
  return (
    <section class="card" aria-label="Dead letters by reason">
      <header>
        <p role="status">
          <b>{count(dead)} dead</b>, grouped:{' '}
          {examined < dead
            ? `the newest ${count(examined)} of ${count(dead)}`
            : `all ${count(examined)}`}
          . They died <Times {...{ firstAt, lastAt }} /> and are worth {sumsInWords(sums)}.{' '}
          <span class="soft">Read {ago(nowMs - readAtMs)}.</span>
        </p>
        <button type="button" onClick={again}>
          Read again
        </button>
      </header>
      <ul class="groups">
        {groups.map((group) => (
          <Group key={group.reason} group={group} readAtMs={readAtMs} onDone={again} />
        ))}
      </ul>
    </section>
  );
}

const OPENED_MAX = 20;

function Group(props: {
  readonly group: ReasonGroup;
  readonly readAtMs: number;
  readonly onDone: () => void;
}) {
  const { group, readAtMs, onDone } = props;
  const [isRedriving, setRedriving] = useState(false);
  const clients = Object.entries(group.clients).toSorted(([, a], [, b]) => b - a);
  const { attemptsMin, attemptsMax } = group;
  return (
    <li data-row={group.reason} data-group={group.count}>
      <div class="group">
        <b class="many">{count(group.count)}</b>
        <div class="reason-of">
          <p class="theirs">“{group.example}”</p>
          <p class="soft">
            <Times {...group} /> · {sumsInWords(group.sums)} ·{' '}
            <span class="theirs">
              {clients.map(([client, n]) => `${client} ${count(n)}`).join(', ')}
            </span>{' '}
            ·{' '}
            {attemptsMin === attemptsMax
              ? countOf(attemptsMax, 'attempt')
              : `${attemptsMin} to ${attemptsMax} attempts`}
            {group.redrivenBefore > 0 && (
              <span class="is-watch">
                {' '}
                · {count(group.redrivenBefore)} put back before, and died again
              </span>
            )}
          </p>
        </div>
        <ChangeButton onClick={() => setRedriving(true)}>Put back …</ChangeButton>
      </div>
      <details>
        <summary>
          {group.count > OPENED_MAX
            ? `The first ${OPENED_MAX} orders`
            : countOf(group.count, 'order')}
          <span class="unseen"> that died of {group.reason}</span>
        </summary>
        <p class="soft">
          Grouped as <code class="theirs">{group.reason}</code>
        </p>
        <ul class="ids">
          {group.ids.slice(0, OPENED_MAX).map((id) => (
            <li key={id}>
              <a class="mono" href={`#/orders/${id}`}>
                {id}
              </a>
            </li>
          ))}
        </ul>
      </details>
      {isRedriving && (
        <RedriveDialog
          group={group}
          readAtMs={readAtMs}
          onClose={(isChanged) => {
            setRedriving(false);
            if (isChanged) onDone();
          }}
        />
      )}
    </li>
  );
}
