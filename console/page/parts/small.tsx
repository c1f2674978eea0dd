import type { ComponentChildren } from 'preact';
import { useState } from 'preact/hooks';
import type { OrderSummaryDocument } from '../../../lib/contract/schemas.ts';
import type { ApiFailure } from '../../protocol.ts';
import { adviceOn } from '../advice.ts';
import { percent, shortId } from '../format.ts';
import { usePage } from '../live.ts';
import { orderHref } from '../route.ts';

/** Shape and word of a state; the colour comes on top. */
const STATES: Readonly<Record<string, readonly [shape: string, word: string, tone: string]>> = {
  queued: ['◌', 'waiting', ''],
  scheduled: ['◷', 'scheduled', ''],
  producing: ['◐', 'producing', ''],
  retry: ['↻', 'to retry', 'is-watch'],
  produced: ['●', 'produced', 'is-good'],
  dead: ['✕', 'dead', 'is-bad'],
  canceled: ['⊘', 'canceled', 'soft'],
};

/** The state of an order as an operator calls it: one that waits for another attempt is to be retried. */
export function stateOf({ status, attempts, nextAttemptAt }: OrderSummaryDocument): string {
  const isRetry = nextAttemptAt !== undefined && attempts > 0;
  return isRetry && (status === 'queued' || status === 'scheduled') ? 'retry' : status;
}

export function State({ of: name }: { readonly of: string }) {
  const [shape, word, tone] = STATES[name] ?? ['?', name, ''];
  return (
    <span class={`state ${tone}`}>
      <span aria-hidden="true">{shape}</span>
      {word}
    </span>
  );
}

export function OrderLink({ id }: { readonly id: string }) {
  return (
    <a class="mono" href={orderHref(id)} title={id} data-order={id}>
      {shortId(id)}
    </a>
  );
}

export function Copy({ text, what }: { readonly text: string; readonly what: string }) {
  const [isCopied, setCopied] = useState(false);
  const copy = () =>
    navigator.clipboard.writeText(text).then(
      () => setCopied(true),
      () => setCopied(false),
    );
  return (
    <button class="quiet" type="button" onClick={copy} onBlur={() => setCopied(false)}>
      {isCopied ? 'copied' : 'copy'}
      <span class="unseen"> {what}</span>
    </button>
  );
}

/** A bar that says in words what it shows. */
export function Bar({ share, label }: { readonly share: number; readonly label: string }) {
  const part = Math.min(1, Math.max(0, share));
  return (
    <span
      class="bar"
      role="img"
      aria-label={`${label}: ${percent(share)}`}
      ref={(bar) => {
        const fill = bar?.firstElementChild;
        if (fill instanceof HTMLElement) fill.style.inlineSize = `${100 * part}%`;
      }}
    >
      <i />
    </span>
  );
}

export function Failed({ failure }: { readonly failure: ApiFailure }) {
  const status = failure.status === undefined ? '' : ` (${failure.status})`;
  return (
    <p class="notice is-bad" role="alert">
      <strong>
        {failure.isOutcomeUnknown
          ? 'Whether it was done is not known'
          : 'The API did not answer that'}
        {status}.
      </strong>{' '}
      <span class="theirs">{failure.detail}</span> {adviceOn(failure)}
      {failure.isOutcomeUnknown && ' Look at the orders before you do it again.'}
    </p>
  );
}

/** A button that changes something; where nothing may be changed there is none. */
export function ChangeButton(props: {
  readonly onClick: () => void;
  readonly isDisabled?: boolean;
  readonly kind?: 'primary' | 'danger';
  readonly children: ComponentChildren;
}) {
  const { live } = usePage();
  if (live === undefined || live.readOnly !== undefined) return null;
  return (
    <button
      type="button"
      class={props.kind ?? ''}
      disabled={props.isDisabled ?? false}
      onClick={props.onClick}
    >
      {props.children}
    </button>
  );
}
