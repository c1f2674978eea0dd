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
