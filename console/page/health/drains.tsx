import type { Activity } from '../../../lib/contract/activity-schemas.ts';
import { count, duration } from '../format.ts';
import { usePage } from '../live.ts';
import { ENDINGS } from '../now/now.tsx';
import { type Column, Table } from '../parts/table.tsx';
import { Time } from '../parts/time.tsx';

type Drain = Activity['drains'][number];

const COUNTS = [
  ['Claimed', 'claimed'],
  ['Produced', 'produced'],
  ['To retry', 'retried'],
  ['Dead', 'dead'],
  ['Left ready', 'depth'],
] as const;

const COLUMNS: readonly Column<Drain>[] = [
  { name: 'Ended', cell: ({ endedAt }) => <Time at={endedAt} /> },
  { name: 'Slot', class: 'number', cell: ({ slot }) => slot },
  {
    name: 'Took',
    class: 'number',
    cell: ({ startedAt, endedAt }) => duration(Date.parse(endedAt) - Date.parse(startedAt)),
  },
  ...COUNTS.map(
    ([name, of]): Column<Drain> => ({
      name,
      class: 'number',
      cell: ({ [of]: value }) => (value === null ? '–' : count(value)),
    }),
  ),
  {
    name: 'Ended because',
    class: 'theirs',
    cell: ({ ending, error }) => (
      <>
        {ENDINGS[ending]}
        {error && <span class="soft"> “{error}”</span>}
      </>
    ),
  },
];

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
        <Table rows={drains} columns={COLUMNS} />
      )}
    </section>
  );
}
