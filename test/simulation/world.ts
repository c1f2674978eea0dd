import { connect, type Store } from '../../lib/store/connection.ts';
import { type Keys, keysWith } from '../../lib/store/keys.ts';
import type { Answer, Database, Look } from './database.ts';
import { createHistory } from './history.ts';
import { checkInvariants, noteTear } from './invariants.ts';
import { followLocks } from './locks.ts';
import { createModel, type Model } from './model.ts';
import { createNetwork, type Request } from './network.ts';
import { type Plan, planOf } from './plan.ts';
import { type Conditions, type SimulatedProcess, startProcess } from './process.ts';
import { randomFrom } from './random.ts';
import { checkStep } from './rules/rules.ts';
import { createScheduler } from './scheduler.ts';
import { CLIENTS, type StoreState } from './state.ts';
import { idsIn, meaningOf, type Step, tellStep } from './steps.ts';
import { TRACKED_SKUS } from './stock-plan.ts';
import { Violation } from './violation.ts';

/** One run: its plan, its time, its network, its keys, and what is known of it. */
export interface World extends Conditions {
  readonly plan: Plan;
  readonly keys: Keys;
  readonly model: Model;
  /** The store as the last step left it. */
  state(): StoreState;
  /** All that Redis holds of the run, one text for each key. */
  texts(): Promise<string[]>;
  /** Calls after each step. */
  onStep(call: (step: Step) => void): void;
  start(kind: string): SimulatedProcess;
  /** The store as the process has it. */
  connect(process: SimulatedProcess, timeoutMs: number): Store;
  /** Notes what went wrong, if it is the first, and ends the run. */
  fail(error: unknown): void;
  failure(): Violation | undefined;
  /** From here on nothing fails any more. */
  heal(): void;
  steps(): number;
  /** How many orders took effect in the ledger. */
  effects: number;
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
  const ids = plan.orders.map(({ id }) => id);
  const skus = plan.stock === undefined ? [] : TRACKED_SKUS;
  const what: Look = { prefix, keys, slots: plan.slots, clients: CLIENTS, ids, skus };
  const model = createModel(plan);
  const watchers: ((step: Step) => void)[] = [];
  let isStorm = true;
  let state = await database.look(what);
  let failure: Violation | undefined;
  let processes = 0;
  let steps = 0;

  const conditions = { plan, scheduler, history, random, isStorm: () => isStorm };
  const follow = followLocks(scheduler, async (slot) => {
    history.note(scheduler.now(), 'Redis', [], () => `the lock of slot ${slot} expires`);
    await database.send([['DEL', keys.lock(slot)]]);
    state = await database.look(what);
  });
  const network = createNetwork(conditions, execute);

  async function execute({ process, path, body, fate }: Request): Promise<Answer> {
    steps += 1;
    const [answer, executed] = await database.execute(
      path,
      body,
      { ...what, last: state },
      fate.tear,
    );
    for (const { command, text, after } of executed) {
      const { result, error } = JSON.parse(text) as { result?: unknown; error?: string };
      const step: Step = {
        ...meaningOf(command),
        ...{ process, error, answer: result, before: state, after, nowMs: scheduler.now() },
      };
      state = after;
      const told = fate.name === 'passes' ? '' : `   (${fate.name})`;
      history.note(step.nowMs, process.name, idsIn(step), () => `${tellStep(step, prefix)}${told}`);
      try {
        check(step);
        for (const call of watchers) call(step);
      } catch (error) {
        fail(error);
      }
    }
    return answer;
  }

  function check(step: Step) {
    const { name, error } = step;
    follow(step);
    const isKnown = error === undefined || /max|quota|NOSCRIPT/.test(error);
    if (!isKnown) throw new Violation(`${name} fails: ${error}`);
    if (error !== undefined) noteTear(step, model);
    checkStep(step, model, plan);
    checkInvariants(step, model, plan);
  }

  function fail(error: unknown) {
    if (failure !== undefined) return;
    failure = error instanceof Violation ? error : new Violation(wordsOf(error));
    scheduler.stop();
  }

  return {
    ...conditions,
    ...{ keys, model, fail },
    state: () => state,
    texts: () => database.texts(prefix),
    onStep: (call) => void watchers.push(call),
    start(kind) {
      processes += 1;
      return startProcess(`${kind}-${processes}`, conditions);
    },
    connect(process, timeoutMs) {
      const { clock, random: own } = process;
      const settings = { ...network.hostOf(process), timeoutMs, sendsMax: 2, random: own, clock };
      return { client: connect(settings), keys };
    },
    failure: () => failure,
    heal() {
      isStorm = false;
      history.note(scheduler.now(), 'all', [], () => 'is well from here on');
    },
    steps: () => steps,
    effects: 0,
    async close() {
      network.close();
      const [found] = await database.send([['KEYS', `${prefix}*`]]);
      const all = found?.kind === 'array' ? found.items : [];
      const used = all.flatMap((item) => (item.kind === 'bulk' ? [item.bytes] : []));
      if (used.length > 0) await database.send([['UNLINK', ...used]]);
    },
  };
}

function wordsOf(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
