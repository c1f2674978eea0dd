import { exactTime, hourAndMinute, inFull, time } from '../format.ts';
import { usePage } from '../live.ts';

/** A moment in the browser's zone; in UTC and to the millisecond on focus, and under the pointer. */
export function Time(props: {
  readonly at: string | number;
  readonly as?: 'seconds' | 'minutes' | 'exact';
}) {
  const { now } = usePage();
  const atMs = typeof props.at === 'number' ? props.at : Date.parse(props.at);
  const text =
    props.as === 'exact'
      ? exactTime(atMs)
      : (props.as === 'minutes' ? hourAndMinute : time)(atMs, now());
  return (
    <time class="time" dateTime={new Date(atMs).toISOString()} title={inFull(atMs)}>
      {text}
    </time>
  );
}

/** The same where somebody may need it to the letter: focus shows the moment in full. */
export function ExactTime({ at }: { readonly at: string }) {
  const atMs = Date.parse(at);
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: focus shows what the pointer would.
    <span class="exact" tabIndex={0}>
      <Time at={at} as="exact" />
      <span class="tip">{inFull(atMs)}</span>
    </span>
  );
}

/** From the first to the last of some; one moment where they are the same. */
export function Times({ firstAt, lastAt }: { readonly firstAt: string; readonly lastAt: string }) {
  return (
    <>
      <Time at={firstAt} />
      {lastAt !== firstAt && (
        <>
          {' – '}
          <Time at={lastAt} />
        </>
      )}
    </>
  );
}
