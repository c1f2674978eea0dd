import { count, hourAndMinute, percent, rate } from '../format.ts';
import { Bar } from '../parts/small.tsx';
import { type Forecast, forecastOf, type Outlook as OutlookFigures } from './forecast.ts';
import { gaugeOf } from './gauge.ts';
import { outlookOf } from './outlook.ts';
import type { Situation } from './situation.ts';

/** Whether the queue clears, and how far it is from refusing orders. */
export function Outlook({ situation }: { readonly situation: Situation }) {
  const { nowMs } = situation;
  const gauge = gaugeOf(situation);
  const forecast = forecastOf(outlookOf(situation));
  return (
    <section class="card" aria-label="Forecast">
      <dl class="outlook">
        <dt>Forecast</dt>
        <dd data-forecast={forecast.kind}>{said(forecast, situation)}</dd>
        <dt>To 429</dt>
        <dd data-gauge={gauge?.share}>
          {gauge === undefined ? (
            noGauge(situation)
          ) : (
            <>
              <Bar share={gauge.share} label="The deepest queue" />
              {percent(gauge.share)} of the {count(gauge.max)} orders that {gauge.client} may have
              waiting
              {gauge.fullAtMs !== undefined &&
                ` · full at ${hourAndMinute(gauge.fullAtMs, nowMs)} at this rate`}
              {' · beyond it, clients get 429 with Retry-After'}
            </>
          )}
        </dd>
      </dl>
    </section>
  );
}

function said(forecast: Forecast, situation: Situation): string {
  const { nowMs } = situation;
  const later = dueLater(outlookOf(situation));
  switch (forecast.kind) {
    case 'empty':
      return `Nothing waits.${later}`;
    case 'unknown':
      return 'None yet: drains have been busy for under 3 minutes.';
    case 'clear':
      return `Clear at about ${hourAndMinute(forecast.atMs, nowMs)} at this rate.${later}`;
    default: {
      const without =
        forecast.withoutIntakeAtMs === undefined
          ? ''
          : ` If no more came in, it would be clear at ${hourAndMinute(forecast.withoutIntakeAtMs, nowMs)}.`;
      const more =
        forecast.perMinute > 0 ? `: ${rate(forecast.perMinute)} more come in than go out` : '';
      return `Will not clear at this rate${more}.${without}${later}`;
    }
  }
}

/** What is known to come within a day, and when most of it does. */
function dueLater({ due, nowMs }: OutlookFigures): string {
  const all = due.reduce((sum, { orders }) => sum + orders, 0);
  const [most] = due.toSorted((a, b) => b.orders - a.orders);
  if (most === undefined) return '';
  const at = ` at ${hourAndMinute(most.atMs, nowMs)}`;
  return most.orders === all
    ? ` ${count(all)} more due${at}.`
    : ` ${count(all)} more due within a day, ${count(most.orders)} of them${at}.`;
}

function noGauge({ detail }: Situation): string {
  return detail === undefined
    ? 'The API has not given its limit yet.'
    : 'No client has orders waiting.';
}
