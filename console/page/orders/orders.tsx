import { useState } from 'preact/hooks';
import { hrefOf } from '../route.ts';
import { Filters } from './filters.tsx';
import { Found } from './found.tsx';
import { useListing } from './listing.ts';
import { Searched } from './searched.tsx';
import { isId } from './tries.ts';

const FILTERS = [
  ...(['status', 'client', 'customer', 'reference'] as const),
  ...(['acceptedFrom', 'acceptedTo'] as const),
];

/** Orders: by a search for what somebody has in hand, or by filters; both are in the address. */
export function Orders({ query }: { readonly query: Readonly<Record<string, string>> }) {
  const find = query.find?.trim() ?? '';
  if (isId(find)) {
    location.replace(hrefOf(`orders/${find}`));
    return null;
  }
  return find === '' ? <Filtered query={query} /> : <Searched key={find} text={find} />;
}

function Filtered({ query }: { readonly query: Readonly<Record<string, string>> }) {
  const given = Object.fromEntries(
    FILTERS.flatMap((name) => (query[name] ? [[name, query[name]]] : [])),
  );
  // The dead have a place of their own: nothing else has to be read to find them.
  const isDead = Object.keys(given).length === 1 && given.status === 'dead';
  const used = useListing(isDead ? 'dead-letters' : 'orders', isDead ? {} : given);
  const [selected, setSelected] = useState<ReadonlySet<string>>(new Set());
  return (
    <>
      <Filters query={query} />
      <Found
        used={used}
        selected={selected}
        onSelect={setSelected}
        sequence={isDead ? 'The last to die comes first.' : 'What waits comes first.'}
        isFiltered={!isDead && Object.keys(given).length > 0}
      />
    </>
  );
}
