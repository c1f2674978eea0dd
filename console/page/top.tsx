import { useState } from 'preact/hooks';
import { count, time, zone } from './format.ts';
import { GO } from './keyboard.ts';
import { useNow, usePage } from './live.ts';
import { hrefOf, type Route } from './route.ts';
import { isLiveStage, nameOf } from './stage.ts';

/** The head of the page: where one is, who one is, and the way to every order. */
export function Top({ route }: { readonly route: Route }) {
  const { live } = usePage();
  return (
    <header class="top">
      <button type="button" class="skip" onClick={() => document.getElementById('screen')?.focus()}>
        Skip to the screen
      </button>
      <span class="brand">
        <img src="/icon.svg" alt="" />
        Sluice
      </span>
      {live?.me && <Stage stage={live.me.stage} />}
      <Screens route={route} />
      <Find key={route.query.find ?? ''} given={route.query.find ?? ''} />
      <Who />
    </header>
  );
}

function Stage({ stage }: { readonly stage: string }) {
  const { live } = usePage();
  const isLive = isLiveStage(stage);
  return (
    <span class={`stage ${isLive ? 'is-live' : ''}`} title={`The API at ${live?.api}`}>
      {nameOf(stage)}
      <span class="unseen">{isLive ? ', real orders' : ', a stage for trying things'}</span>
    </span>
  );
}

function Screens({ route }: { readonly route: Route }) {
  const { live } = usePage();
  const dead = live?.stats?.body.dead ?? 0;
  const screen = route.screen === 'order' ? 'orders' : route.screen;
  return (
    <nav aria-label="Screens">
      <ul>
        {Object.values(GO).map(([href, name]) => (
          <li key={href}>
            <a href={href} aria-current={SCREEN_OF[href] === screen ? 'page' : undefined}>
              {name}
              {name === 'Dead letters' && dead > 0 && <span class="tag">{count(dead)}</span>}
            </a>
          </li>
        ))}
      </ul>
    </nav>
  );
}

const SCREEN_OF: Readonly<Record<string, Route['screen']>> = {
  '#/now': 'now',
  '#/orders': 'orders',
  '#/dead-letters': 'dead',
  '#/health': 'health',
};

/** One field for all that somebody may have in hand: an id, a key, a reference, a number, a customer. */
function Find({ given }: { readonly given: string }) {
  const [text, setText] = useState(given);
  function find(event: Event): void {
    event.preventDefault();
    const wanted = text.trim();
    if (wanted !== '') location.hash = hrefOf('orders', { find: wanted });
  }
  return (
    <search class="find">
      <form onSubmit={find}>
        <label class="unseen" for="find">
          Find an order by id, idempotency key, reference, order number or customer
        </label>
        <span class="key" aria-hidden="true">
          /
        </span>
        <input
          id="find"
          type="search"
          autocomplete="off"
          spellcheck={false}
          placeholder="id, key, reference, number, customer"
          value={text}
          onInput={(event) => setText(event.currentTarget.value)}
        />
      </form>
    </search>
  );
}

function Who() {
  const { live } = usePage();
  const nowMs = useNow();
  const { me } = live ?? {};
  return (
    <span class="whoami">
      {me && (
        <span class="who" title={me.scopes.join(', ')}>
          {me.client} · {me.scopes.includes('orders:admin') ? 'admin' : 'reads'}
          {live?.readOnly !== undefined && ' · read-only'}
        </span>
      )}
      <span class="clock" title={`The API's clock, shown in ${zone()}`}>
        {time(nowMs, nowMs)}
      </span>
      <Freshness nowMs={nowMs} />
    </span>
  );
}

/** Whether what is shown is of now. */
function Freshness({ nowMs }: { readonly nowMs: number }) {
  const { live, gone, held } = usePage();
  if (live === undefined) return <span aria-live="polite">…</span>;
  if (gone !== undefined || live.failure !== undefined) return <span class="is-bad">✕ away</span>;
  if (held.length > 0) return <span class="is-watch">‖ held</span>;
  const ageS = Math.max(0, Math.round((nowMs - (live.stats?.atMs ?? live.nowMs)) / 1_000));
  return (
    <span class="is-good" title={`Updated ${ageS} s ago`}>
      <span aria-hidden="true">●</span> live
    </span>
  );
}
