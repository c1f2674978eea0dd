import { redriveOldest } from '../../../lib/drain/redrive.ts';
import { totalOf } from '../../../lib/maintenance/findings.ts';
import { reconcile } from '../../../lib/maintenance/reconcile.ts';
import { retain } from '../../../lib/maintenance/retention.ts';
import { cancel } from '../../../lib/store/cancel.ts';
import type { Store } from '../../../lib/store/connection.ts';
import { countOrders } from '../../../lib/store/count.ts';
import { erasedFrom } from '../../../lib/store/erased-record.ts';
import { StoreUnavailable } from '../../../lib/store/errors.ts';
import { listOrders, type Page } from '../../../lib/store/list.ts';
import { pauseDrains, resumeDrains } from '../../../lib/store/pause.ts';
import { redrive } from '../../../lib/store/redrive.ts';
import { readOrder } from '../../support/store.ts';
import type { SimulatedProcess } from '../process.ts';
import { Violation } from '../violation.ts';
import type { World } from '../world.ts';

const READS = 3;
const REDRIVEN_MAX = 3;

/** Clients look at their orders and cancel them; operators redrive, and upkeep repairs and forgets. */
export function startOperators(world: World): void {
  const { plan, random, scheduler } = world;
  const at = (act: () => Promise<void>) => {
    scheduler.at(plan.startMs + random.whole(0, plan.stormMs), () => void act());
  };
  for (let count = 0; count < READS; count += 1) at(() => read(world));
  for (let count = 0; count < plan.cancels; count += 1) at(() => cancelOne(world));
  for (let count = 0; count < plan.redrives; count += 1) at(() => redriveSome(world));
  for (let count = 0; count < plan.pauses; count += 1) at(() => pauseOrResume(world));
  for (let count = 0; count < plan.upkeeps; count += 1) at(() => keepUp(world));
  for (let count = 0; count < plan.retentions; count += 1) at(() => forgetOld(world));
}

/** Has a function run on a process of its own; that it gets no answer is no failure. */
export async function act(
  world: World,
  kind: string,
  run: (store: Store, nowMs: number, process: SimulatedProcess) => Promise<void>,
): Promise<void> {
  const process = world.start(kind);
  try {
    await run(world.connect(process, 1_200), process.clock.now(), process);
  } catch (error) {
    if (!(error instanceof StoreUnavailable)) world.fail(error);
  }
}

/** Clients take orders back, and try it with those of others; an admin cancels dead ones too. */
function cancelOne(world: World): Promise<void> {
  const { random, plan } = world;
  const { id, client } = random.pick(plan.orders);
  const whose = random.pick([client, client, undefined, undefined, 'stranger']);
  return act(world, 'cancel', async (store, nowMs) => {
    const changes = world.model.orders.get(id)?.changes;
    const { kind } = await cancel(store, {
      id,
      nowMs,
      ...(whose !== undefined && { client: whose }),
    });
    const { state, record } = world.state().orders.get(id) ?? {};
    const isForgotten = record === undefined;
    const isChanged = world.model.orders.get(id)?.changes !== changes;
    if (kind === 'canceled' && state?.status !== 'canceled' && !isForgotten && !isChanged) {
      throw new Violation('a client is told that an order is canceled that is not', id);
    }
    if (kind !== 'not-found' && whose === 'stranger') throw new Violation('is shown to others', id);
  });
}

/** Operators put dead orders back, one by its id or the oldest at a pace. */
function redriveSome(world: World): Promise<void> {
  const { random, plan } = world;
  const pauseMs = random.pick([0, random.whole(1, 60_000)]);
  const limit = random.whole(1, REDRIVEN_MAX);
  const { id } = random.pick(plan.orders);
  const isOne = random.chance(0.3);
  return act(world, 'redrive', async (store, nowMs, process) => {
    const redriveId = `redrive-${process.name}`;
    if (isOne) await redrive(store, { ids: [id], pauseMs, redriveId, nowMs });
    else await redriveOldest(store, { limit, pauseMs, redriveId }, nowMs);
  });
}

/** Operators pause the drains, and let some of the pauses end by themselves. */
function pauseOrResume(world: World): Promise<void> {
  const { random } = world;
  const forMs = random.pick([1_000, random.whole(1_000, 120_000)]);
  const isEnd = random.chance(0.3);
  return act(world, 'pause', async (store, nowMs) => {
    if (isEnd) await resumeDrains(store);
    else await pauseDrains(store, { by: 'ops', reason: 'a release', forMs }, nowMs);
  });
}

/** Once all is well, what has died is tried again, in some runs. */
export async function redriveAll(world: World): Promise<void> {
  const { plan } = world;
  if (plan.redrives === 0) return;
  await act(world, 'redrive', async (store, nowMs) => {
    await redriveOldest(
      store,
      { limit: plan.orders.length, pauseMs: 1_000, redriveId: 'all' },
      nowMs,
    );
  });
}

/** The daily pass; where nothing was torn or lost, it finds nothing. */
export function keepUp(world: World): Promise<void> {
  const { plan, model, history, scheduler } = world;
  return act(world, 'upkeep', async (store, _, { clock, name }) => {
    const report = await reconcile({ store, clock, isRepair: true, isThorough: true });
    history.note(scheduler.now(), name, [], () => `reconciled: ${JSON.stringify(report)}`);
    const mayFind = model.wasTorn || plan.clocks !== 'exact';
    // The ledger gives numbers of its own, and the counter is to stay ahead of them.
    const { counter = 0 } = plan.produces === 'ledger' ? report.found : {};
    if (totalOf(report.found) > counter && !mayFind) {
      throw new Violation(
        `reconcile finds ${JSON.stringify(report.listed)} where nothing is wrong`,
      );
    }
    await retain({ store, clock, retentionMs: plan.retentionMs });
  });
}

function forgetOld(world: World): Promise<void> {
  const { retentionMs } = world.plan;
  return act(world, 'retention', async (store, _, { clock }) => {
    await retain({ store, clock, retentionMs });
  });
}

/** What a client was told of the end of its order stays so. */
function read(world: World): Promise<void> {
  const { random, plan, model } = world;
  const { id } = random.pick(plan.orders);
  return act(world, 'read', async (store, nowMs) => {
    const memory = model.orders.get(id);
    // Another reader may be told more while this one stands still.
    const { end, lives } = memory ?? {};
    const order = await readOrder(store, id, nowMs);
    if (memory === undefined || memory.lives !== lives) return;
    const { status, orderNumber } = order ?? {};
    if (end !== undefined && order !== undefined && end !== `${status} ${orderNumber}`) {
      throw new Violation(`a client is told ${status} ${orderNumber} after ${end}`, id);
    }
    if (status === 'produced') memory.end = `${status} ${orderNumber}`;
    await countOrders(store, nowMs);
  });
}

/** At the end the lists show each order once, and the counts are those of the lists. */
export function checkLists(world: World): Promise<void> {
  return act(world, 'list', async (store, nowMs) => {
    const shown: string[] = [];
    const request = { of: 'orders', ordersMax: 3, matches: () => true, nowMs } as const;
    for (let page: Page | undefined; page === undefined || page.end !== undefined; ) {
      page = await listOrders(store, { ...request, after: page?.end });
      shown.push(...page.orders.map(({ id }) => id));
    }
    const there = [...world.state().orders].filter(
      ([, { record }]) => record !== undefined && erasedFrom(record) === undefined,
    );
    if (`${shown.sort()}` !== `${there.map(([id]) => id).sort()}`) {
      throw new Violation(`the lists show ${shown.length} orders of ${there.length}`);
    }
    const { queued, producing, scheduled, dead } = await countOrders(store, nowMs);
    const mustBeDead = there.filter(([, { state }]) => state?.status === 'dead').length;
    const counts = `${[queued, producing, scheduled, dead]}`;
    if (counts !== `0,0,0,${mustBeDead}`) throw new Violation(`the counts are ${counts}`);
  });
}
