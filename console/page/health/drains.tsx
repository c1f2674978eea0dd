import { count, duration } from '../format.ts';
import { usePage } from '../live.ts';
import { ENDINGS } from '../now/now.tsx';
import { Time } from '../parts/time.tsx';

export function Drains() {
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
