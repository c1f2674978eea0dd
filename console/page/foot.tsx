import { ago, count, dollars, zone } from './format.ts';
import { useNow, usePage } from './live.ts';

/** How old everything is, and what looking at it has cost. */
export function Foot() {
  const { live, held, isHeldByKey, toggleHold } = usePage();
  const nowMs = useNow();
  if (live === undefined) return null;
  const { spent, stats } = live;
  return (
    <footer class="foot">
      <span>
        {held.length > 0
          ? `Updates are held: ${held.join(', ')}.`
          : stats && `Updated ${ago(nowMs - stats.atMs)}, every 10 s.`}{' '}
        <button type="button" class="quiet" aria-pressed={isHeldByKey} onClick={toggleHold}>
          {isHeldByKey ? 'go on' : 'hold'} <kbd>p</kbd>
        </button>
      </span>
      <span>Times are in {zone()}. ≈ marks estimates.</span>
      <span title={`${spent.price.source}, ${spent.price.asOf}`}>
        This console has used {count(spent.commands)} Redis commands, {dollars(spent.dollars)}.
      </span>
      <span>
        <kbd>?</kbd> lists the keys
      </span>
    </footer>
  );
}
