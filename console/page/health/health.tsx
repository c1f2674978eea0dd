import type { StatsDetail } from '../../protocol.ts';
import { count, duration } from '../format.ts';
import { usePage } from '../live.ts';
import { Cost } from '../now/cost.tsx';
import { type Column, Table } from '../parts/table.tsx';
import { Drains } from './drains.tsx';
import { Upkeep } from './upkeep.tsx';

/** Whether everything that was accepted is accounted for, how the drains do, and what it costs. */
export function Health() {
  const { live } = usePage();
  if (live === undefined) return <p class="soft">Asking the API …</p>;
  if (live.detail === undefined) {
    return <p class="notice">Health needs a key with the scope orders:admin.</p>;
  }
  return (
    <>
      <Upkeep />
      <Drains />
      <div class="charts">
        <Cost />
        <Limits />
      </div>
    </>
  );
}

const CLIENT_COLUMNS: readonly Column<StatsDetail['clients'][number]>[] = [
  { name: 'Client', class: 'theirs', cell: ({ client }) => client },
  { name: 'Waiting', class: 'number', cell: ({ queued }) => count(queued) },
  { name: 'Pending', class: 'number', cell: ({ pending }) => count(pending) },
  { name: 'Dead', class: 'number', cell: ({ dead }) => count(dead) },
];

function Limits() {
  const { live } = usePage();
  const detail = live?.detail?.body;
  if (detail === undefined) return null;
  return (
    <section class="card" aria-label="Clients and limits">
      <header>
        <h2>Clients and their limits</h2>
      </header>
      <div class="body">
        <p class="soft">
          Each client may have {count(detail.queueMax)} orders waiting and{' '}
          {count(detail.scheduledMax)} scheduled. {detail.attemptsMax} attempts per order;{' '}
          {detail.wakeIntervalMs === null
            ? 'a drain starts every minute'
            : `a submit wakes a drain, at most once per ${duration(detail.wakeIntervalMs)}`}
          .
        </p>
        <Table rows={detail.clients} columns={CLIENT_COLUMNS} />
      </div>
    </section>
  );
}
