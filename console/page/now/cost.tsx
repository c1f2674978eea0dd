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
            <b>
              {cost.isMeasured ? '' : '≈'}
              {count(Math.round(cost.commandsPerMinute))}
            </b>{' '}
            commands per minute, {dollars(cost.dollarsPerDay)} per day
            {cost.dollarsPerMillionOrders !== undefined &&
              ` · ${dollars(cost.dollarsPerMillionOrders)} per million orders`}
          </p>
        )}
        <p class="soft">
          ${spent.price.dollarsPerMillion} per million commands, {spent.price.source},{' '}
          {spent.price.asOf}.{' '}
          {cost?.isMeasured
            ? 'As Redis counts what it executes.'
            : 'Estimated from what each step bills, as if each order were submitted on its own.'}
        </p>
      </div>
    </section>
  );
}
