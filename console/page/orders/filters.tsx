import { useEffect, useState } from 'preact/hooks';
import { usePage } from '../live.ts';
import { hrefOf } from '../route.ts';

const STATES = ['queued', 'scheduled', 'producing', 'produced', 'dead', 'canceled'];

/** Filters; they take effect by changing the address, so reload and back show the same. */
export function Filters({ query }: { readonly query: Readonly<Record<string, string>> }) {
  const { live } = usePage();
  const [texts, setTexts] = useState(query);
  useEffect(() => setTexts(query), [query]);
  const isAdmin = live?.me?.scopes.includes('orders:admin') ?? false;
  const clients = (live?.detail?.body.clients ?? []).map(({ client }) => client);
  const show = (more: Readonly<Record<string, string>>) => {
    location.hash = hrefOf('orders', { ...texts, ...more });
  };
  const field = (name: string, label: string, list: string | undefined = undefined) => (
    <label>
      {label}
      <input
        type="text"
        value={texts[name] ?? ''}
        autocomplete="off"
        spellcheck={false}
        list={list}
        onInput={(event) => setTexts({ ...texts, [name]: event.currentTarget.value })}
        onChange={(event) => show({ [name]: event.currentTarget.value.trim() })}
      />
    </label>
  );
  const moment = (name: string, label: string) => (
    <label>
      {label}
      <input
        type="datetime-local"
        value={localOf(texts[name])}
        onChange={(event) => show({ [name]: instantOf(event.currentTarget.value) })}
      />
    </label>
  );
  return (
    <form
      class="card filters"
      aria-label="Filters"
      onSubmit={(event) => {
        event.preventDefault();
        show({});
      }}
    >
      <label>
        State
        <select
          value={texts.status ?? ''}
          onChange={(event) => show({ status: event.currentTarget.value })}
        >
          <option value="">any</option>
          {STATES.map((state) => (
            <option key={state}>{state}</option>
          ))}
        </select>
      </label>
      {isAdmin && field('client', 'Client', 'clients')}
      {field('customer', 'Customer')}
      {field('reference', 'Reference')}
      {moment('acceptedFrom', 'Accepted from')}
      {moment('acceptedTo', 'Accepted before')}
      <button type="submit">Show</button>
      <a href="#/orders">without filters</a>
      <datalist id="clients">
        {clients.map((client) => (
          <option key={client} value={client} />
        ))}
      </datalist>
    </form>
  );
}

const MINUTE_MS = 60_000;

/** An instant of the address as the field takes it: in the browser's zone, and to the minute. */
function localOf(instant = ''): string {
  const at = new Date(instant);
  if (Number.isNaN(at.getTime())) return '';
  return new Date(at.getTime() - at.getTimezoneOffset() * MINUTE_MS).toISOString().slice(0, 16);
}

/** In UTC, so that an address means the same to whoever opens it. */
function instantOf(local: string): string {
  return local === '' ? '' : new Date(local).toISOString();
}
