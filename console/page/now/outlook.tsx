import { count, countOf, hourAndMinute, percent, rate } from '../format.ts';
import { Bar } from '../parts/small.tsx';
import { type Forecast, forecastOf } from './forecast.ts';
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
  const due = outlookOf(situation).due.reduce((sum, { orders }) => sum + orders, 0);
  const later =
    due > 0
      ? ` ${countOf(due, 'order')} due within a day ${due === 1 ? 'is' : 'are'} in this.`
      : '';
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

function noGauge({ detail }: Situation): string {
  return detail === undefined
    ? 'The API has not given its limit yet.'
    : 'No client has orders waiting.';
}
