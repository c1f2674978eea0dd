import { useEffect, useState } from 'preact/hooks';
import { formatMoney } from '../../../cli/money.ts';
import type { Explanation } from '../../../lib/contract/explanation-schemas.ts';
import type { OrderDocument } from '../../../lib/contract/schemas.ts';
import type { Reply } from '../../protocol.ts';
import { countOf } from '../format.ts';
import { laidOut } from '../json-text.ts';
import { usePage } from '../live.ts';
import { Copy, Failed, State, stateOf } from '../parts/small.tsx';
import { Table } from '../parts/table.tsx';
import { ExactTime } from '../parts/time.tsx';
import { ask } from '../session.ts';
import { noteOpened } from './found.tsx';
import { OrderActions } from './order-actions.tsx';
import { storyOf } from './story.ts';

/** One order: why it is where it is, what happened to it, and all that it holds. */
export function OrderStory({ id }: { readonly id: string }) {
  const { live } = usePage();
  const [order, setOrder] = useState<Reply<OrderDocument>>();
  const [explanation, setExplanation] = useState<Reply<Explanation>>();
  const [round, setRound] = useState(0);
  const canExplain = live?.me?.scopes.includes('orders:admin') ?? false;
  useEffect(() => noteOpened(id), [id]);
  useEffect(() => {
    let isOver = false;
    const keep =
      <T,>(set: (reply: Reply<T>) => void) =>
      (reply: Reply<T>) => {
        if (!isOver) set(reply);
      };
    void ask<Reply<OrderDocument>>('order', { id }).then(keep(setOrder));
    if (canExplain) void ask<Reply<Explanation>>('explanation', { id }).then(keep(setExplanation));
    return () => {
      isOver = true;
    };
  }, [id, round, canExplain]);
  if (order === undefined) return <p class="soft">Reading {id} …</p>;
  const explained = explanation?.kind === 'answered' ? explanation.body : undefined;
  if (order.kind === 'failed') {
    return explained ? <Lost id={id} explanation={explained} /> : <NoOrder id={id} reply={order} />;
  }
  const document = order.body;
  return (
    <>
      <section class="card order" aria-label="Order">
        <header>
          <h2 class="mono">{id}</h2>
          <Copy text={id} what="the id" />
          <span class="theirs">
            {[document.client, document.customer].filter(Boolean).join(' · ')} ·{' '}
            {formatMoney(document.totalAmount, document.currency)} ·{' '}
            {countOf(document.lines.length, 'line')}
          </span>
          <State of={stateOf(document)} />
        </header>
        <div class="body">
          <Why explanation={explanation} isEnded={ENDED.has(document.status)} />
          <Story order={document} explanation={explained} />
          <OrderActions
            order={document}
            offers={explained?.offers ?? []}
            onDone={() => setRound((n) => n + 1)}
          />
        </div>
      </section>
      <Contents order={document} text={order.text ?? ''} />
      <p>
        <button type="button" onClick={back}>
          Back to the list
        </button>
      </p>
    </>
  );
}

function back(): void {
  if (history.length > 1) history.back();
  else location.hash = '#/orders';
}

const ENDED: ReadonlySet<string> = new Set(['produced', 'canceled']);

/** There is no order to show, and yet something is known of it. */
function Lost({ id, explanation }: { readonly id: string; readonly explanation: Explanation }) {
  return (
    <section class="card order" aria-label="Order">
      <header>
        <h2 class="mono">{id}</h2>
      </header>
      <div class="body">
        <Why explanation={{ kind: 'answered', atMs: 0, body: explanation }} isEnded={false} />
        <p>
          <a href="#/runbook/reconcile-gap">Runbook</a>
        </p>
      </div>
    </section>
  );
}

function NoOrder({
  id,
  reply,
}: {
  readonly id: string;
  readonly reply: Extract<Reply<OrderDocument>, { kind: 'failed' }>;
}) {
  const { kind } = reply.failure;
  if (kind === 'not-found') {
    return (
      <p class="notice">
        There is no order <span class="mono theirs">{id}</span> that this key can see. If its record
        was lost, a repeat of the submit brings it back under this id.
      </p>
    );
  }
  if (kind === 'gone')
    return (
      <p class="notice">
        The order <span class="mono">{id}</span> was erased.
      </p>
    );
  return <Failed failure={reply.failure} />;
}

function Why(props: {
  readonly explanation: Reply<Explanation> | undefined;
  readonly isEnded: boolean;
}) {
  const { explanation } = props;
  if (explanation?.kind === 'failed') return <Failed failure={explanation.failure} />;
  const { kind, sentence } = explanation?.body ?? {};
  return (
    <div class={`why is-${TONES[kind ?? ''] ?? 'plain'}`} data-kind={kind}>
      <h3>{props.isEnded ? 'What became of it' : 'Why is it not produced?'}</h3>
      <p class="theirs" role="status">
        {sentence ?? '…'}
      </p>
    </div>
  );
}

const TONES: Readonly<Record<string, string>> = {
  produced: 'good',
  retry: 'watch',
  unanswered: 'watch',
  paused: 'watch',
  'producer-down': 'bad',
  'no-drain': 'bad',
  dead: 'bad',
  stranded: 'bad',
  lost: 'bad',
};

const SHAPES: Readonly<Record<string, string>> = {
  step: '●',
  failed: '✕',
  unanswered: '?',
  good: '✓',
  end: '■',
  ahead: '○',
};

function Story({
  order,
  explanation,
}: {
  readonly order: OrderDocument;
  readonly explanation: Explanation | undefined;
}) {
  return (
    <ol class="story" aria-label="What happened to it">
      {storyOf(order, explanation).map((event, index) => (
        <li key={index} class={`is-${event.kind}`} data-event={event.what}>
          <span class="shape" aria-hidden="true">
            {SHAPES[event.kind]}
          </span>
          <span class="when">{event.at === undefined ? '' : <ExactTime at={event.at} />}</span>
          <span class="what">{event.what}</span>
          <span class="facts-of theirs">
            {event.reason !== undefined && <q>{event.reason}</q>}
            {event.facts.length > 0 && <span class="soft">{event.facts.join(' · ')}</span>}
          </span>
          <span class="gap soft">{event.gap}</span>
        </li>
      ))}
    </ol>
  );
}

function Contents({ order, text }: { readonly order: OrderDocument; readonly text: string }) {
  const { lines, currency, metadata } = order;
  return (
    <section class="card contents" aria-label="What it holds">
      <details open>
        <summary>{countOf(lines.length, 'line')}</summary>
        <Table
          rows={lines}
          columns={[
            { name: 'SKU', class: 'theirs', cell: ({ sku }) => sku },
            { name: 'Description', class: 'theirs', cell: ({ description }) => description },
            { name: 'Quantity', class: 'number', cell: ({ quantity }) => quantity },
            {
              name: 'Each',
              class: 'number',
              cell: (line) => formatMoney(line.unitAmount, currency),
            },
          ]}
        />
      </details>
      {metadata !== undefined && (
        <details>
          <summary>Metadata</summary>
          <dl class="facts">
            {Object.entries(metadata).map(([name, value]) => (
              <Pair key={name} name={name} value={String(value)} />
            ))}
          </dl>
        </details>
      )}
      <details>
        <summary>As JSON</summary>
        <Copy text={text} what="the JSON as it came" />
        <pre class="theirs" data-json="">
          {laidOut(text)}
        </pre>
      </details>
    </section>
  );
}

function Pair({ name, value }: { readonly name: string; readonly value: string }) {
  return (
    <>
      <dt class="theirs">{name}</dt>
      <dd class="theirs">{value}</dd>
    </>
  );
}
