import { drainSlot } from '../../../lib/drain/drain-slot.ts';
import { NO_METRICS } from '../../../lib/metrics/metrics.ts';
import { createProducer } from '../../../lib/producers/order-numbers.ts';
import type { Producer, ProducerDependencies } from '../../../lib/producers/producer.ts';
import type { DrainRecord } from '../../../lib/store/activity.ts';
import { StoreUnavailable } from '../../../lib/store/errors.ts';
import { acquireLock } from '../../../lib/store/lock.ts';
import { watchDrain } from '../drain-watch.ts';
import { ledgerProducer } from '../ledger.ts';
import type { SimulatedProcess } from '../process.ts';
import type { World } from '../world.ts';

/** A container of the drain's Lambda: it is used again as long as it lives. */
interface Machine {
  readonly process: SimulatedProcess;
  readonly producer: Producer;
  /** The same where its end is not the process's. */
  readonly isolated: Producer;
  readonly unwritten: DrainRecord[];
  isBusy: boolean;
  /** Its clock may be wrong, and others take its place then, once all is well. */
  readonly isOfStorm: boolean;
}

export interface Drainers {
  /** Has a drain run, on a machine that is free. */
  drain(slot: number, timeMs: number): Promise<void>;
}

const SCHEDULE_MS = 60_000;
const LAMBDA_MS = 60_000;
const HTTP_DRAIN_MS = 20_000;

/** The schedule drains each slot once a minute, and operators do so at any time. */
export function startDrainers(world: World): Drainers {
  const { plan, random, scheduler } = world;
  const drainers = createDrainers(world);
  for (const slot of plan.slots) {
    const firstMs = random.whole(0, 30_000);
    for (let atMs = firstMs; atMs < plan.stormMs; atMs += SCHEDULE_MS) {
      scheduler.at(plan.startMs + atMs, () => void drainers.drain(slot, LAMBDA_MS));
    }
  }
  for (let count = random.whole(0, 3); count > 0; count -= 1) {
    const atMs = plan.startMs + random.whole(0, plan.stormMs);
    scheduler.at(atMs, () => void drainers.drain(0, random.whole(9_000, HTTP_DRAIN_MS)));
  }
  return drainers;
}

function createDrainers(world: World): Drainers {
  const { plan } = world;
  const machines: Machine[] = [];
  let drains = 0;

  function machine(): Machine {
    const isRight = ({ isOfStorm }: Machine) =>
      plan.clocks === 'exact' || isOfStorm === world.isStorm();
    const free = machines.find(
      (one) => !one.process.isDead() && !one.process.isFrozen() && !one.isBusy && isRight(one),
    );
    if (free !== undefined) return free;
    const process = world.start('drain');
    const producerWith = (options: { isIsolated: boolean }) =>
      plan.produces === 'ledger'
        ? ledgerProducer(world, process, options)
        : createProducer({} as ProducerDependencies);
    const fresh: Machine = {
      process,
      producer: producerWith({ isIsolated: false }),
      isolated: producerWith({ isIsolated: true }),
      unwritten: [],
      isBusy: false,
      isOfStorm: world.isStorm(),
    };
    machines.push(fresh);
    return fresh;
  }

  return {
    async drain(slot, timeMs) {
      const on = machine();
      on.isBusy = true;
      drains += 1;
      await drainOnce(world, on, { slot, timeMs, number: drains });
      on.isBusy = false;
    },
  };
}

async function drainOnce(
  world: World,
  { process, producer, isolated, unwritten }: Machine,
  { slot, timeMs, number }: { slot: number; timeMs: number; number: number },
): Promise<void> {
  const { plan, keys, scheduler, history } = world;
  const { clock, random } = process;
  const store = world.connect(process, 2_500);
  const { client } = world.connect(process, 1_200);
  const atMs = clock.now();
  const deadlineMs = atMs + timeMs;
  const token = `lock-${number}-${random.whole(0, 1e9)}`;
  const drainId = `drainId-${number}`;
  const watch = watchDrain(world, process, { slot, token, drainId, deadlineMs });
  const request = { client, clock, key: keys.lock(slot), leaseMs: plan.lockLeaseMs, token };
  const spare = process.killAfter(timeMs, watch.cutOff);
  const note = (text: string) => history.note(scheduler.now(), process.name, [], () => text);
  note(`begins to drain slot ${slot}, for ${timeMs / 1000} s, as ${drainId}`);
  const { batchSize, lanes, leaseMs, attemptsMax, isAnnounced } = plan;
  try {
    const outcome = await drainSlot(
      {
        ...{ store, clock, random, unwritten, log: () => undefined, metrics: NO_METRICS },
        producer: watch.producer(producer),
        isolated: watch.producer(isolated),
        lock: () => watch.lock(() => acquireLock(request)),
      },
      { batchSize, lanes, leaseMs, attemptsMax, isAnnounced },
      { deadlineMs, drainId, slot, trigger: random.chance(0.7) ? 'schedule' : 'asked' },
    );
    watch.ended(outcome);
    if (outcome.kind === 'drained') world.model.drained.push({ atMs, ...outcome.report });
    note(`ends: ${JSON.stringify(outcome)}`);
  } catch (error) {
    if (!(error instanceof StoreUnavailable)) world.fail(error);
    note(`fails: ${error}`);
  }
  spare();
}
