import { availableParallelism, cpus } from 'node:os';
import { type Answered, offer } from './offer.ts';
import { type Postgres, startPostgres } from './postgres.ts';
import { type Sluice, startSluice } from './sluice.ts';

const DELAY_MS = 1;
const UNITS_WITHOUT_END = 1_000_000_000;

/** What is wanted of a rush, however many orders it has. */
export interface Kind {
  /** What there is of the item for each order; left out, as much as anyone wants. */
  readonly unitsPerOrder?: number;
  /** What production does for each order. */
  readonly step?: (() => Promise<void>) | undefined;
}

/** A way to take orders. */
export interface Way {
  readonly name: string;
  readonly shortName: string;
  /** Of what there are as many as suit it best. */
  readonly unit: string;
  /** Numbers of connections or instances, and how many orders show which of them suits it best. */
  readonly widths: readonly number[];
  readonly trialOrders: number;
  /** @throws where not exactly as many orders are accepted as there are units */
  run(orders: number, width: number, kind: Kind): Promise<Answered>;
}

/** Sluice, and PostgreSQL in two ways, with servers of their own and what their figures hold for. */
export async function startWays({ hasStock }: { readonly hasStock: boolean }) {
  const sluice = await startSluice(DELAY_MS, hasStock);
  const postgres = await startPostgres(DELAY_MS);
  const [cpu] = cpus();
  return {
    ways: [sluiceWay(sluice), ormWay(postgres), oneStatementWay(postgres)],
    settings: [
      `One machine with ${availableParallelism()} cores (${cpu?.model.trim()}) for everything, Node ${process.version}. ${DELAY_MS} ms of network each way for both.`,
      `Both write through: Redis ${sluice.version} with appendfsync always; PostgreSQL ${postgres.version} with fsync and synchronous_commit on.`,
      'For each way several numbers of instances or connections were tried, and the smallest within a tenth of the highest rate was taken.',
    ],
    async stop() {
      await postgres.stop();
      await sluice.stop();
    },
  };
}

function sluiceWay(sluice: Sluice): Way {
  return {
    name: 'Sluice, the submit function',
    shortName: 'Sluice',
    unit: 'instances',
    widths: [10, 25, 50, 100, 200],
    trialOrders: 3_000,
    async run(orders, width, { unitsPerOrder, step }) {
      const units = unitsOf(orders, unitsPerOrder);
      const takes = await sluice.serve(width, units);
      // What Sluice's clients do not wait for: the drain calls the other system for them meanwhile.
      const produced = step && sluice.produce(orders, step);
      const before = await sluice.commands();
      const answered = await offer(orders, takes);
      const commands = (await sluice.commands()) - before;
      await (produced ?? sluice.produce(answered.accepted, async () => undefined));
      return { ...checked(answered, Math.min(orders, units ?? orders)), commands };
    },
  };
}

function ormWay(postgres: Postgres): Way {
  return {
    name: 'PostgreSQL, a transaction of five statements, as an ORM writes it',
    shortName: 'PostgreSQL, as an ORM',
    unit: 'connections',
    widths: [2, 4, 8, 16, 32],
    trialOrders: 400,
    run: postgresRun(postgres, 'orm'),
  };
}

function oneStatementWay(postgres: Postgres): Way {
  return {
    name: 'PostgreSQL, all of it in one statement',
    shortName: 'PostgreSQL, one statement',
    unit: 'connections',
    widths: [2, 4, 8, 16, 32, 64],
    trialOrders: 3_000,
    run: postgresRun(postgres, 'one-statement'),
  };
}

function postgresRun(postgres: Postgres, way: 'orm' | 'one-statement'): Way['run'] {
  return async (orders, width, { unitsPerOrder, step }) => {
    const units = unitsOf(orders, unitsPerOrder) ?? UNITS_WITHOUT_END;
    const { takes, close } = await postgres.serve(width, way, units);
    try {
      return checked(await offer(orders, takes, step), Math.min(orders, units));
    } finally {
      await close();
    }
  };
}

function unitsOf(orders: number, unitsPerOrder?: number): number | undefined {
  return unitsPerOrder === undefined ? undefined : Math.round(orders * unitsPerOrder);
}

/** @throws where more or fewer orders were accepted than there was stock for */
export function checked(answered: Answered, accepted: number): Answered {
  if (answered.accepted === accepted) return answered;
  throw new Error(`${answered.accepted} orders were accepted instead of ${accepted}`);
}
