import type { RedisClient } from '../../lib/redis/client.ts';
import { connect } from '../../lib/redis/client.ts';
import { type Keys, keysWith } from '../../lib/redis/keys.ts';
import { checkStep, stepsOf } from './checker.ts';
import type { Answer, Database } from './database.ts';
import { createHistory } from './history.ts';
import { createModel, type Model } from './model.ts';
import { createNetwork, type Request } from './network.ts';
import { type Plan, planOf } from './plan.ts';
import { type SimulatedProcess, type Surroundings, startProcess } from './process.ts';
import { randomFrom } from './random.ts';
import { followLocks, type Locks } from './rules/locks.ts';
import { createScheduler } from './scheduler.ts';
import type { StoreState } from './state.ts';
import { tellStep } from './tell.ts';
import { Violation } from './violation.ts';

/** One run: its plan, its time, its network, its keys, and what is known of it. */
export interface World extends Surroundings {
  readonly plan: Plan;
  readonly keys: Keys;
  readonly model: Model;
  readonly locks: Locks;
  /** The store as the last step left it. */
  state(): StoreState;
  /** Looks again, after something was done to the store that is no step. */
  lookAgain(): Promise<void>;
  readonly database: Database;
  /** The requests of a process that Redis has executed. */
  executed(process: SimulatedProcess): readonly Request[];
  /** Calls after each step, until what it returns is called. */
  onStep(call: () => void): () => void;
  start(kind: string): SimulatedProcess;
  /** A client of Redis as the process has it. */
  connect(process: SimulatedProcess, timeoutMs: number): RedisClient;
  /** Notes what went wrong, if it is the first, and ends the run. */
  fail(error: unknown): void;
  failure(): Violation | undefined;
  /** From here on nothing fails any more. */
  heal(): void;
  steps(): number;
  close(): Promise<void>;
}

export async function createWorld(seed: number, database: Database): Promise<World> {
  const plan = planOf(seed);
  const random = randomFrom(seed ^ 0x5bd1e995);
  const scheduler = createScheduler(plan.startMs, random.fork());
  const names = new Map(plan.orders.map(({ id, idempotencyKey }) => [id, idempotencyKey]));
  const history = createHistory(plan.startMs, (id) => names.get(id) ?? id);
  const prefix = `s${seed}-${Math.floor(performance.now() * 1000)}:`;
  const keys = keysWith(prefix);
  const look = { keys, slots: plan.slots, ids: plan.orders.map(({ id }) => id) };
  const model = createModel(plan);
  let isStorm = true;
  let state = await database.look(look);
  let failure: Violation | undefined;
  const watchers = new Set<() => void>();
  const executed = new WeakMap<SimulatedProcess, Set<Request>>();
  let processes = 0;
  let steps = 0;

  const surroundings = { plan, scheduler, history, random, isStorm: () => isStorm };
  const locks = followLocks(scheduler, state.locks, async (slot, isKnown) => {
    history.note(scheduler.now(), 'Redis', [], () => `the lock of slot ${slot} expires`);
    if (!isKnown) fail(new Violation('a lock ends while its holder believes that it has it'));
    await database.send([['DEL', keys.lock(slot)]]);
    state = await database.look(look);
  });
  const network = createNetwork(surroundings, execute);

  async function execute(request: Request): Promise<Answer> {
    steps += 1;
    const before = state;
    executed.set(request.process, (executed.get(request.process) ?? new Set()).add(request));
    const what = { ...look, last: before };
    const [answer, after] = await database.executeAndLook(request.path, request.body, what);
    state = after;
    try {
      for (const step of stepsOf(answer.commands, answer.text, before, after)) {
        const told = tellStep(step);
        const { name } = request.fate;
        history.note(scheduler.now(), request.process.name, told.ids, () =>
          name === 'passes' ? told.text() : `${told.text()}   (${name})`,
        );
        checkStep(
          { who: request.process.name, nowMs: scheduler.now(), isHeard: name === 'passes' },
          step,
          model,
          locks,
        );
      }
    } catch (error) {
      fail(error);
    }
    for (const call of watchers) call();
    return answer;
  }

  function fail(error: unknown) {
    if (failure !== undefined) return;
    failure = error instanceof Violation ? error : new Violation(wordsOf(error));
    scheduler.stop();
  }

  return {
    ...surroundings,
    keys,
    model,
    locks,
    database,
    state: () => state,
    executed: (process) => [...(executed.get(process) ?? [])],
    onStep(call) {
      watchers.add(call);
      return () => void watchers.delete(call);
    },
    async lookAgain() {
      state = await database.look(look);
    },
    start(kind) {
      processes += 1;
      return startProcess(`${kind}-${processes}`, surroundings);
    },
    connect: (process, timeoutMs) =>
      connect({
        ...network.hostOf(process),
        timeoutMs,
        sendsMax: 2,
        random: process.random,
        clock: process.clock,
      }),
    fail,
    failure: () => failure,
    heal() {
      isStorm = false;
      history.note(scheduler.now(), 'all', [], () => 'is well from here on');
    },
    steps: () => steps,
    async close() {
      network.close();
      const { queue, owners, fence, number, redrive, pending, dead, finished, canceled, index } =
        keys;
      const used = [
        queue,
        owners,
        fence,
        number,
        redrive,
        pending,
        dead,
        finished,
        canceled,
        index,
      ];
      await database.send([
        ['UNLINK', ...used, ...look.slots.map(keys.lock), ...look.ids.map(keys.order)],
      ]);
    },
  };
}

function wordsOf(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
