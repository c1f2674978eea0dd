import { formatInstant } from '../lib/orders/instant.ts';
import { asideEvents, removeAside, type StoredAsideEvent } from '../lib/store/aside-events.ts';
import { countEvents } from '../lib/store/events.ts';
import { canAsk, isAgreed } from './ask.ts';
import { environmentFor, type StageFlags } from './deployment/commands.ts';
import { CommandFailure, usageFailure } from './failure.ts';
import type { OutputFlags } from './order-commands.ts';
import { ofRedis, redisStore } from './redis-store.ts';
import { countOf, json } from './report.ts';
import { printable, table } from './text.ts';

export type EventsFlags = Partial<StageFlags> & OutputFlags;
export type EventsChoiceFlags = EventsFlags & { readonly all?: true; readonly yes?: true };

const UNFINISHED = 'Not all of it was done.';

/** `events list`: what waits to be announced, and what was set aside because the receiver does not take it. */
export async function eventsListCommand(flags: EventsFlags): Promise<void> {
  const { store } = redisStore(await environmentFor(flags));
  const { waiting, again } = await ofRedis(countEvents(store), '');
  const aside = (await ofRedis(asideEvents(store), '')).map(({ id, reason, asideAtMs }) => {
    return { id, setAsideAt: formatInstant(asideAtMs), reason };
  });
  if (flags.json) {
    process.stdout.write(json({ waiting, again, aside }));
    return;
  }
  const rows = aside.map(({ id, setAsideAt, reason }) => [id, setAsideAt, reason].map(printable));
  process.stdout.write(
    `${countOf(waiting, 'event')} not sent yet, ${again} to be sent again, ${aside.length} set aside\n`,
  );
  if (rows.length > 0) process.stdout.write(`\n${table([['event', 'set aside', 'why'], ...rows])}`);
}

/** `events retry` and `events drop`, of events that were set aside. */
export async function eventsRemoveCommand(
  ids: readonly string[],
  flags: EventsChoiceFlags,
  then: 'retry' | 'drop',
): Promise<void> {
  if (ids.length > 0 === (flags.all === true)) throw usageFailure('Give either ids or --all.');
  const { store } = redisStore(await environmentFor(flags));
  const chosen = chosenOf(await ofRedis(asideEvents(store), UNFINISHED), ids);
  const what = countOf(chosen.length, 'event');
  if (then === 'drop' && chosen.length > 0 && !flags.yes) {
    if (!canAsk(flags)) throw new CommandFailure(`Nothing was dropped: add --yes to drop ${what}.`);
    if (!(await isAgreed(`Drop ${what} for good?`)))
      throw new CommandFailure('Nothing was dropped.');
  }
  await ofRedis(removeAside(store, chosen, then), UNFINISHED);
  const count = chosen.length;
  if (flags.json)
    process.stdout.write(json(then === 'drop' ? { dropped: count } : { retried: count }));
  else if (then === 'drop') process.stdout.write(`dropped ${what}\n`);
  else process.stdout.write(`put back ${what}: the next run announces them first\n`);
}

function chosenOf(
  aside: readonly StoredAsideEvent[],
  ids: readonly string[],
): readonly StoredAsideEvent[] {
  if (ids.length === 0) return aside;
  const unknown = ids.filter((id) => !aside.some((event) => event.id === id));
  if (unknown.length === 0) return aside.filter(({ id }) => ids.includes(id));
  throw new CommandFailure(
    `Nothing was done: not among the events that were set aside:\n${unknown.join('\n')}`,
  );
}
