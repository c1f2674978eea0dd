/** A moment at which a process can die: something that it waited for is done, or has failed. */
export interface Moment {
  /** What was waited for, such as `store.claim`. */
  readonly what: string;
  /** Whether it was waited for within nothing else that is a moment: only then has anything changed. */
  readonly isInnermost: boolean;
}

/** One life of a process, from its first step to the moment at which it dies, if it does. */
export interface Life {
  /**
   * The dependency, with every promise that it makes a moment, and so on through all that it hands
   * out and all that it calls back: no list of methods is kept by hand.
   */
  guard<T>(name: string, dependency: T): T;
  /** Runs until it ends or dies. */
  live<T>(run: () => Promise<T>): Promise<T | 'died'>;
  /** Dies here and now, as a process does that what it runs has killed. */
  die(): Promise<never>;
  /** Those that were lived through, and at the end the one that was died at. */
  readonly moments: readonly Moment[];
}

type Call = (...args: never[]) => unknown;

const isThenable = (value: unknown): value is Promise<unknown> =>
  typeof value === 'object' && value !== null && 'then' in value;

/** What is handed over as it is: data, and objects of the language that must be their own `this`. */
function isPlain(value: object): boolean {
  if (value instanceof Map || value instanceof Set || value instanceof AbortSignal) return true;
  if (Array.isArray(value) || value instanceof Error || ArrayBuffer.isView(value)) return true;
  if (Object.getPrototypeOf(value) !== Object.prototype) return false;
  return Object.values(value).every((member) => {
    return typeof member === 'object' && member !== null
      ? isPlain(member)
      : typeof member !== 'function';
  });
}

/**
 * A process that dies at a moment: what it waited for is done and it never learns of it. From then
 * on it does nothing: no `finally` runs, no timer fires, no request leaves it. What lies between
 * two moments changes nothing that another could see, so these are all the deaths there are.
 *
 * @param diesAt  how many moments come before the one that it dies at; it lives on without it
 */
export function mortal(diesAt = Number.POSITIVE_INFINITY): Life {
  const moments: Moment[] = [];
  const death = Promise.withResolvers<'died'>();
  const never = new Promise<never>(() => undefined);
  let isDead = diesAt < 0;

  async function until<T>(what: string, done: Promise<T>): Promise<T> {
    const before = moments.length;
    await done.then(undefined, () => undefined);
    if (isDead) return never;
    moments.push({ what, isInnermost: moments.length === before });
    return moments.length <= diesAt ? done : die();
  }

  function die() {
    isDead = true;
    death.resolve('died');
    return never;
  }

  function guard<T>(name: string, value: T): T {
    if (typeof value === 'function')
      return guardFunction(name, value as unknown as Call, undefined) as T;
    if (typeof value !== 'object' || value === null || isPlain(value)) return value;
    return new Proxy(value, {
      get(target, key) {
        const member: unknown = Reflect.get(target, key, target);
        if (typeof member !== 'function') return guard(`${name}.${String(key)}`, member);
        return guardFunction(`${name}.${String(key)}`, member as Call, target);
      },
    });
  }

  function guardFunction(name: string, call: Call, self: unknown) {
    return (...args: unknown[]) => {
      // A timer or an answer that was under way may still wake the code of a dead process.
      if (isDead) return never;
      const guarded = args.map((arg) =>
        typeof arg === 'function' ? callback(name, arg as Call) : arg,
      );
      const result = Reflect.apply(call, self, guarded);
      if (!isThenable(result)) return guard(name, result);
      return until(
        name,
        result.then((answer) => guard(name, answer)),
      );
    };
  }

  /** The process's own code, called by a dependency. */
  function callback(name: string, call: Call) {
    return (...args: unknown[]) =>
      isDead
        ? never
        : Reflect.apply(
            call,
            undefined,
            args.map((arg) => guard(`${name}()`, arg)),
          );
  }

  return {
    guard,
    die,
    live: (run) => Promise.race([run(), death.promise]),
    moments,
  };
}
