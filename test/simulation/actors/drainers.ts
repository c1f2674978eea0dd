import { NO_METRICS } from '../../../lib/metrics/metrics.ts';
import { drainSlot } from '../../../lib/production/drain-slot.ts';
import type { Producer } from '../../../lib/production/producer.ts';
import { StoreUnavailable } from '../../../lib/queue/errors.ts';
import { acquireLock } from '../../../lib/redis/lock.ts';
import { productionStore } from '../../../lib/redis/production-store.ts';
import { createBehind } from '../behind/behind.ts';
import { watchDrain } from '../drain-watch.ts';
import type { SimulatedProcess } from '../process.ts';
import type { World } from '../world.ts';

/** A container of the drain's Lambda: it is used again as long as it lives. */
interface Machine {
  readonly process: SimulatedProcess;
  readonly holder: string;
  readonly producer: Producer;
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
  const { plan, random } = world;
  const machines: Machine[] = [];
  const behind = createBehind(world);
  let tokens = 0;

  function machine(): Machine {
    const isRight = ({ isOfStorm }: Machine) =>
      plan.clocks === 'exact' || isOfStorm === world.isStorm();
    const free = machines.find(
      (one) => !one.process.isDead() && !one.process.isFrozen() && !one.isBusy && isRight(one),
    );
    if (free !== undefined) return free;
    const process = world.start('drain');
    const holder = `holder-of-${process.name}`;
    const producer = behind.producerOf(process);
    const fresh = { process, holder, producer, isBusy: false, isOfStorm: world.isStorm() };
    machines.push(fresh);
    return fresh;
  }

  return {
    async drain(slot, timeMs) {
      const on = machine();
      on.isBusy = true;
      tokens += 1;
      await drainOnce(world, on, { slot, timeMs, token: `lock-${tokens}-${random.whole(0, 1e9)}` });
      on.isBusy = false;
    },
  };
}

async function drainOnce(
  world: World,
  { process, holder, producer }: Machine,
  { slot, timeMs, token }: { slot: number; timeMs: number; token: string },
): Promise<void> {
  const { plan, keys, scheduler, history } = world;
  const { clock, random } = process;
  const client = world.connect(process, 2_500);
  const lockClient = world.connect(process, 1_200);
  const deadlineMs = clock.now() + timeMs;
  const watch = watchDrain(world, process, { slot, token, deadlineMs });
  const request = {
    client: lockClient,
    clock,
    key: keys.lock(slot),
    leaseMs: plan.lockLeaseMs,
    token,
  };
  const spare = process.killAfter(timeMs, watch.cutOff);
  const note = (text: string) => history.note(scheduler.now(), process.name, [], () => text);
  note(`begins to drain slot ${slot}, for ${timeMs / 1000} s`);
  try {
    const outcome = await drainSlot(
      {
        store: watch.store(productionStore(client, keys, holder)),
        producer: watch.producer(producer),
        clock,
        random,
        log: () => undefined,
        metrics: NO_METRICS,
        lock: () => watch.lock(() => acquireLock(request)),
      },
      { batchSize: plan.batchSize, leaseMs: plan.leaseMs, attemptsMax: plan.attemptsMax },
      deadlineMs,
    );
    watch.ended(outcome);
    note(`ends: ${JSON.stringify(outcome)}`);
  } catch (error) {
    if (!(error instanceof StoreUnavailable)) world.fail(error);
    note(`fails: ${error}`);
  }
  spare();
}
