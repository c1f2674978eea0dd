import { count, dollars } from '../format.ts';
import { usePage } from '../live.ts';

/** What the system costs at the rate of the last minutes, and what looking at it has cost. */
export function Cost() {
  const { live } = usePage();
  if (live === undefined) return null;
  const { cost, spent } = live;
  return (
    <section class="card" aria-label="Cost">
      <header>
        <h2>Cost in Redis commands</h2>
      </header>
      <div class="body spend">
        {cost === undefined ? (
          <p class="soft">No minute is over yet.</p>
        ) : (
          <p>
            <b>≈{count(Math.round(cost.commandsPerMinute))}</b> commands a minute,{' '}
            {dollars(cost.dollarsPerDay)} a day
            {cost.dollarsPerMillionOrders !== undefined &&
              ` · ${dollars(cost.dollarsPerMillionOrders)} a million orders`}
          </p>
        )}
        <p class="soft">
          ${spent.price.dollarsPerMillion} a million commands, {spent.price.source} of{' '}
          {spent.price.asOf}. Counted by what each step bills; submits as if each order came alone.
        </p>
      </div>
    </section>
  );
}
