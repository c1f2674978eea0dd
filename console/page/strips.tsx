import { adviceOn } from './advice.ts';
import { duration, time } from './format.ts';
import { useNow, usePage } from './live.ts';
import { ChangeButton, Failed } from './parts/small.tsx';
import { useChange } from './parts/use-change.ts';

/** What has to be known on every screen: that drains are paused, and that figures are old. */
export function Strips() {
  const { live, gone } = usePage();
  const nowMs = useNow();
  const { stats, failure } = live ?? {};
  const pause = stats?.body.pause;
  const isPaused = pause != null && Date.parse(pause.until) > nowMs;
  return (
    <div>
      {gone && (
        <p class="strip is-bad" role="alert">
          <strong>The console cannot be reached.</strong> {gone.message}
        </p>
      )}
      {failure && (
        <p class="strip is-bad" role="alert">
          <strong>
            No answer from the API for {duration(nowMs - failure.sinceMs)}
            {failure.status !== undefined && ` (${failure.status})`}.
          </strong>
          <span>
            {stats && `Figures are of ${time(stats.atMs, nowMs)}. `}
            {adviceOn(failure)} Trying again
            {failure.nextTryAtMs > nowMs && ` in ${duration(failure.nextTryAtMs - nowMs)}`}.
          </span>
        </p>
      )}
      {isPaused && <Paused pause={pause} nowMs={nowMs} />}
    </div>
  );
}

function Paused(props: {
  readonly pause: {
    readonly by: string;
    readonly reason?: string | undefined;
    readonly since: string;
    readonly until: string;
  };
  readonly nowMs: number;
}) {
  const { by, reason, since, until } = props.pause;
  const { state, run } = useChange('resume');
  return (
    <>
      <p class="strip is-watch">
        <strong>
          ‖ Paused by {by} until {time(Date.parse(until), props.nowMs)}
        </strong>
        <span>
          {reason && <span class="theirs">“{reason}” </span>}
          No drain has claimed since {time(Date.parse(since), props.nowMs)}. New orders are still
          accepted.
        </span>
        <ChangeButton onClick={() => void run()} isDisabled={state.kind === 'running'}>
          Resume now
        </ChangeButton>
      </p>
      {state.kind === 'failed' && <Failed failure={state.failure} />}
    </>
  );
}
