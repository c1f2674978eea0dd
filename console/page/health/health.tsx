import { count, countOf, duration } from '../format.ts';
import { useNow, usePage } from '../live.ts';
import { Cost } from '../now/cost.tsx';
import { ENDINGS } from '../now/now.tsx';
import { OrderLink } from '../parts/small.tsx';
import { Time } from '../parts/time.tsx';

/** Whether everything that was accepted is accounted for, how the drains do, and what it costs. */
export function Health() {
  const { live } = usePage();
  if (live === undefined) return <p class="soft">Asking the API …</p>;
  if (live.detail === undefined) {
    return <p class="notice">The health of the stage is for keys with the scope orders:admin.</p>;
  }
  return (
    <>
      <Upkeep />
      <Drains />
      <div class="charts">
        <Cost />
        <Limits />
      </div>
    </>
  );
}

function Upkeep() {
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
          No pass of the upkeep has come to its end yet. It runs once a day, at 03:30 UTC, and
          compares every order with the places that hold it. To run it now:{' '}
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
        {!isComplete && 'It ran out of time, so it has not seen everything. '}
        {missing > 0 && `${countOf(missing, 'order')} could not be put right. `}
        {kinds.length === 0 && 'It found nothing that was out of place.'}
        {!isGood && <a href="#/runbook/reconcile-gap">Runbook</a>}
      </p>
      {kinds.length > 0 && (
        <div class="findings">
          <table>
            <caption class="unseen">What the pass found</caption>
            <thead>
              <tr>
                <th scope="col">Kind</th>
                <th scope="col" class="number">
                  Found
                </th>
                <th scope="col" class="number">
                  Repaired
                </th>
              </tr>
            </thead>
            <tbody>
              {kinds.map((kind) => (
                <tr key={kind} data-finding={kind}>
                  <td>{kind}</td>
                  <td class="number">{count(upkeep.found[kind] ?? 0)}</td>
                  <td class="number">{count(upkeep.repaired[kind] ?? 0)}</td>
                </tr>
              ))}
            </tbody>
          </table>
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

function Drains() {
  const { live } = usePage();
  const drains = live?.activity?.body.drains ?? [];
  return (
    <section class="card" aria-label="Drains">
      <header>
        <h2>The last drains that claimed orders</h2>
      </header>
      {drains.length === 0 ? (
        <p class="body soft">None in the last hour.</p>
      ) : (
        <div class="table">
          <table>
            <thead>
              <tr>
                <th scope="col">Ended</th>
                <th scope="col" class="number">
                  Slot
                </th>
                <th scope="col" class="number">
                  Took
                </th>
                <th scope="col" class="number">
                  Claimed
                </th>
                <th scope="col" class="number">
                  Produced
                </th>
                <th scope="col" class="number">
                  To retry
                </th>
                <th scope="col" class="number">
                  Dead
                </th>
                <th scope="col" class="number">
                  Ready at its end
                </th>
                <th scope="col">Ended because</th>
              </tr>
            </thead>
            <tbody>
              {drains.map((drain) => (
                <tr key={`${drain.endedAt} ${drain.slot}`}>
                  <td data-name="Ended">
                    <Time at={drain.endedAt} />
                  </td>
                  <td data-name="Slot" class="number">
                    {drain.slot}
                  </td>
                  <td data-name="Took" class="number">
                    {duration(Date.parse(drain.endedAt) - Date.parse(drain.startedAt))}
                  </td>
                  <td data-name="Claimed" class="number">
                    {count(drain.claimed)}
                  </td>
                  <td data-name="Produced" class="number">
                    {count(drain.produced)}
                  </td>
                  <td data-name="To retry" class="number">
                    {count(drain.retried)}
                  </td>
                  <td data-name="Dead" class="number">
                    {count(drain.dead)}
                  </td>
                  <td data-name="Ready at its end" class="number">
                    {count(drain.depth)}
                  </td>
                  <td data-name="Because" class="theirs">
                    {ENDINGS[drain.ending]}
                    {drain.error && <span class="soft"> “{drain.error}”</span>}
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </section>
  );
}

function Limits() {
  const { live } = usePage();
  const detail = live?.detail?.body;
  if (detail === undefined) return null;
  return (
    <section class="card" aria-label="Clients and limits">
      <header>
        <h2>Clients, and what they may have</h2>
      </header>
      <div class="body">
        <p class="soft">
          {count(detail.queueMax)} waiting and {count(detail.scheduledMax)} scheduled orders a
          client; {detail.attemptsMax} attempts an order;{' '}
          {detail.wakeIntervalMs === null
            ? 'a drain starts each minute'
            : `a submit wakes a drain, each ${duration(detail.wakeIntervalMs)} at most`}
          .
        </p>
        <div class="table">
          <table>
            <thead>
              <tr>
                <th scope="col">Client</th>
                <th scope="col" class="number">
                  Waiting
                </th>
                <th scope="col" class="number">
                  Pending
                </th>
                <th scope="col" class="number">
                  Dead
                </th>
              </tr>
            </thead>
            <tbody>
              {detail.clients.map(({ client, queued, pending, dead }) => (
                <tr key={client}>
                  <td data-name="Client" class="theirs">
                    {client}
                  </td>
                  <td data-name="Waiting" class="number">
                    {count(queued)}
                  </td>
                  <td data-name="Pending" class="number">
                    {count(pending)}
                  </td>
                  <td data-name="Dead" class="number">
                    {count(dead)}
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      </div>
    </section>
  );
}
