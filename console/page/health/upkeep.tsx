import { count, countOf, duration } from '../format.ts';
import { useNow, usePage } from '../live.ts';
import { OrderLink } from '../parts/small.tsx';
import { Table } from '../parts/table.tsx';
import { Time } from '../parts/time.tsx';

/** What the last pass of the upkeep saw: whether everything is where it should be. */
export function Upkeep() {
  const { live } = usePage();
  const nowMs = useNow();
  const upkeep = live?.detail?.body.upkeep;
  if (!upkeep) {
    return (
      <section class="card" aria-label="Accounted for">
        <header>
          <h2>Accounted for</h2>
        </header>
        <p class="body">
          No upkeep pass has finished yet. It runs once a day, at 03:30 UTC, and compares every
          order with the places that hold it. To run it now:{' '}
          <code>npm run sluice -- reconcile --repair</code>
        </p>
      </section>
    );
  }
  const { orders, accountedFor, endedAt, startedAt, isComplete } = upkeep;
  const missing = Math.max(0, orders - accountedFor);
  const isGood = missing === 0 && isComplete;
  const kinds = [
    ...new Set([...Object.keys(upkeep.found), ...Object.keys(upkeep.repaired)]),
  ].sort();
  return (
    <section class={`card verdict is-${isGood ? 'good' : 'bad'}`} aria-label="Accounted for">
      <span class="shape" aria-hidden="true">
        {isGood ? '●' : '■'}
      </span>
      <h2>
        {count(accountedFor)} of {countOf(orders, 'order')} accounted for
      </h2>
      <p>
        The last pass ended <Time at={endedAt} />, {duration(nowMs - Date.parse(endedAt))} ago, and
        took {duration(Date.parse(endedAt) - Date.parse(startedAt))}.{' '}
        {!isComplete && 'It ran out of time before it had seen everything. '}
        {missing > 0 && `${countOf(missing, 'order')} could not be repaired. `}
        {kinds.length === 0 && 'It found nothing out of place.'}
        {!isGood && <a href="#/runbook/reconcile-gap">Runbook</a>}
      </p>
      {kinds.length > 0 && (
        <div class="findings">
          <Table
            caption="What the pass found"
            rows={kinds}
            columns={[
              { name: 'Kind', cell: (kind) => kind },
              ...(['found', 'repaired'] as const).map((what) => ({
                name: what === 'found' ? 'Found' : 'Repaired',
                class: 'number',
                cell: (kind: string) => count(upkeep[what][kind] ?? 0),
              })),
            ]}
            row={(kind) => ({ 'data-finding': kind })}
          />
          <ul>
            {upkeep.listed.map(({ kind, id }) => (
              <li key={`${kind} ${id}`}>
                {kind}{' '}
                {id.startsWith('ord_') ? (
                  <OrderLink id={id} />
                ) : (
                  <span class="theirs mono">{id}</span>
                )}
              </li>
            ))}
          </ul>
        </div>
      )}
    </section>
  );
}
