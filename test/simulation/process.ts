import type { Clock } from '../../lib/clock.ts';
import type { History } from './history.ts';
import type { Plan, Trouble } from './plan.ts';
import type { Random } from './random.ts';
import type { Scheduler } from './scheduler.ts';

/**
 * A process that runs Sluice's code. Whatever it waits for reaches it through `receive`: there it
 * may crash, and never go on, or freeze, and go on when others have long gone past it.
 */
export interface SimulatedProcess {
  readonly name: string;
  /** Its own: it may go wrong, and jump. Timers run with the run's time, as a machine's do. */
  readonly clock: Clock;
  readonly random: Random;
  isDead(): boolean;
  isFrozen(): boolean;
  /** How often it stood still, or its clock jumped: what is promised of timing ends there. */
  disturbances(): number;
  /** Is told of each request to Redis as it is sent. */
  onSend?: (body: string) => void;
  /** What befell its requests to Redis so far. */
  readonly mishaps: Trouble[];
  /** Something arrives, which the process may not live to see, or only later. */
  receive(call: () => void): void;
  wait(ms: number): Promise<void>;
  crash(why: string): void;
  /** Ends it as a Lambda is ended, that is given so long; time in which it was frozen is added. */
  killAfter(ms: number, killed: () => void): () => void;
}

export interface Conditions {
  readonly plan: Plan;
  readonly scheduler: Scheduler;
  readonly history: History;
  readonly random: Random;
  /** Whether faults still happen. */
  isStorm(): boolean;
}

const DAY_MS = 86_400_000;

export function startProcess(name: string, conditions: Conditions): SimulatedProcess {
  const { plan, scheduler, history, isStorm } = conditions;
  const random = conditions.random.fork();
  let offsetMs = isStorm() ? skewMs(plan, random) : 0;
  let isDead = false;
  let frozenUntilMs = 0;
  let frozenMs = 0;
  let disturbances = 0;
  const note = (text: string) => history.note(scheduler.now(), name, [], () => text);

  function crash(why: string) {
    if (isDead) return;
    isDead = true;
    note(`crashes: ${why}`);
  }

  function freeze() {
    const ms = Math.ceil(plan.leaseMs * (0.3 + 2 * random()));
    frozenUntilMs = scheduler.now() + ms;
    frozenMs += ms;
    disturbances += 1;
    note(`freezes for ${ms / 1000} s`);
  }

  function jump() {
    const ms = random.pick([-1, 1]) * random.whole(1, random.pick([5_000, 600_000, DAY_MS]));
    offsetMs += ms;
    disturbances += 1;
    note(`its clock jumps by ${ms / 1000} s`);
  }

  function befall() {
    if (!isStorm()) return;
    if (random.chance(plan.crash)) crash('at an await');
    else if (random.chance(plan.freeze)) freeze();
    else if (plan.clocks === 'jumping' && random.chance(0.05)) jump();
  }

  function receive(call: () => void, isNew = true): void {
    if (isDead) return;
    if (isNew && frozenUntilMs <= scheduler.now()) befall();
    if (isDead) return;
    if (frozenUntilMs > scheduler.now()) {
      scheduler.at(frozenUntilMs, () => void receive(call, false));
    } else call();
  }

  function after(delayMs: number, call: () => void) {
    let isCanceled = false;
    const cancel = scheduler.at(scheduler.now() + Math.max(0, delayMs), () => {
      receive(() => {
        if (!isCanceled) call();
      });
      return undefined;
    });
    return () => {
      isCanceled = true;
      cancel();
    };
  }

  return {
    name,
    random,
    mishaps: [],
    clock: { now: () => scheduler.now() + offsetMs, after },
    isDead: () => isDead,
    isFrozen: () => frozenUntilMs > scheduler.now(),
    disturbances: () => disturbances,
    receive,
    wait: (ms) => new Promise((resolve) => void after(ms, resolve)),
    crash,
    killAfter(ms, killed) {
      let isEnded = false;
      let served = frozenMs;
      const expire = () => {
        if (isEnded || isDead) return undefined;
        const owedMs = frozenMs - served;
        served = frozenMs;
        if (owedMs > 0) scheduler.at(scheduler.now() + owedMs, expire);
        else {
          killed();
          crash('its time is up');
        }
        return undefined;
      };
      scheduler.at(scheduler.now() + ms, expire);
      return () => {
        isEnded = true;
      };
    },
  };
}

function skewMs({ clocks }: Plan, random: Random): number {
  if (clocks === 'exact') return 0;
  return Math.round((random() - 0.5) * random.pick([2_000, 60_000, 1_200_000]));
}
