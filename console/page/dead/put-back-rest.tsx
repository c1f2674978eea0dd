import { useEffect, useRef, useState } from 'preact/hooks';
import type { Redriven } from '../../../lib/contract/operator-schemas.ts';
import { count, countOf, hourAndMinute } from '../format.ts';
import { useNow, usePage } from '../live.ts';
import { Bar, Failed } from '../parts/small.tsx';
import { made } from '../parts/use-change.ts';
import { newAction } from '../session.ts';
import {
  after,
  inWords,
  NOTHING_SENT,
  ORDERS_AT_ONCE,
  type Progress,
  pauseMs,
  TYPED_FROM,
} from './redrive.ts';

const PACES = [1, 2, 5, 10, 20, 50, 100];
const PACE_DEFAULT = 10;

/** Puts orders back at a pace, a hundred at a time, until it is done or stopped. */
export function PutBackRest({
  ids,
  onSent,
}: {
  readonly ids: readonly string[];
  readonly onSent: () => void;
}) {
  const { refresh } = usePage();
  const nowMs = useNow();
  const [pace, setPace] = useState(PACE_DEFAULT);
  const [typed, setTyped] = useState('');
  const [progress, setProgress] = useState<Progress>(NOTHING_SENT);
  const [phase, setPhase] = useState<'ready' | 'running' | 'over'>('ready');
  const isStopped = useRef(false);
  const wake = useRef<() => void>(() => undefined);
  // Which orders these are is settled when they are sent: what is tried alone meanwhile is not added.
  const sent = useRef(ids);
  useEffect(
    () => () => {
      isStopped.current = true;
      wake.current();
    },
    [],
  );

  async function send(): Promise<void> {
    sent.current = ids;
    setPhase('running');
    onSent();
    let now = NOTHING_SENT;
    for (let at = 0; at < ids.length && !isStopped.current; at += ORDERS_AT_ONCE) {
      const some = ids.slice(at, at + ORDERS_AT_ONCE);
      const reply = await made<Redriven>('redrive', newAction(), {
        ids: some,
        ordersPerSecond: pace,
      });
      now = after(now, some.length, reply);
      setProgress(now);
      if (now.failure !== undefined) break;
      if (at + ORDERS_AT_ONCE < ids.length) await rest(pauseMs(some.length, pace));
    }
    setPhase('over');
    refresh();
  }

  function rest(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, ms);
      wake.current = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  function stop(): void {
    isStopped.current = true;
    wake.current();
  }

  const all = phase === 'ready' ? ids.length : sent.current.length;
  const isTyped = all < TYPED_FROM || typed.trim() === String(all);
  if (phase === 'ready') {
    return (
      <form
        class="spend"
        onSubmit={(event) => {
          event.preventDefault();
          if (isTyped) void send();
        }}
      >
        <p>
          {countOf(all, 'order')} at{' '}
          <select
            aria-label="Orders a second"
            value={pace}
            onChange={(event) => setPace(Number(event.currentTarget.value))}
          >
            {PACES.map((one) => (
              <option key={one} value={one}>
                {one}
              </option>
            ))}
          </select>{' '}
          a second: all ready by {hourAndMinute(nowMs + pauseMs(all, pace), nowMs)}, beside new
          orders.
        </p>
        {all >= TYPED_FROM && (
          <label>
            Type {all} to confirm
            <input
              inputMode="numeric"
              autocomplete="off"
              value={typed}
              onInput={(event) => setTyped(event.currentTarget.value)}
            />
          </label>
        )}
        <div>
          <button type="submit" class="danger" disabled={!isTyped}>
            Put back {count(all)}
          </button>
        </div>
      </form>
    );
  }
  return (
    <div class="spend">
      <Bar share={progress.sent / all} label="Put back" />
      <p role="status">{inWords(progress, all)}.</p>
      {phase === 'running' && (
        <p>
          <button type="button" onClick={stop}>
            Stop after this hundred
          </button>{' '}
          <span class="soft">
            What was put back stays in the queue. Keep this page open until it is done.
          </span>
        </p>
      )}
      {phase === 'over' && progress.sent < all && (
        <p class="is-watch">Stopped: {count(all - progress.sent)} are still dead.</p>
      )}
      {progress.failure && <Failed failure={progress.failure} />}
    </div>
  );
}
