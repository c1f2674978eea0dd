import type { Activity } from '../../lib/contract/activity-schemas.ts';
import type { Stats } from '../../lib/contract/operator-schemas.ts';
import type { Me } from '../../lib/contract/schemas.ts';
import type { ApiFailure, Dated, Live, ReadOnly, Reply, StatsDetail } from '../protocol.ts';
import { costOf, meter, REDRIVE_COMMANDS } from './cost.ts';
import type { Upstream } from './upstream.ts';

/** The figures for all tabs: one question to the API at a time, whoever asks. */
export interface LivePoll {
  /** The figures, no older than `maxAgeMs` (10 s to a minute) if the API answers. */
  now(maxAgeMs: number): Promise<Live>;
  /** Why changes are refused; undefined where they are not. */
  readOnly(): Promise<ReadOnly | undefined>;
  /** Something was changed: the next question goes to the API. */
  forget(): void;
}

const AGE_MS_MIN = 10_000;
const AGE_MS_MAX = 60_000;
/** What changes by the minute is asked for by the minute. */
const SLOW_MS = 60_000;
/** Who the key belongs to, and what it may do, may change under a console that runs for days. */
const ME_MS = 10 * 60_000;
const RETRY_MS_MIN = 5_000;

interface Known {
  me?: Dated<Me>;
  stats?: Dated<Stats>;
  detail?: Dated<StatsDetail>;
  activity?: Dated<Activity>;
}

export function livePoll(
  upstream: Upstream,
  options: { readonly isReadOnly: boolean; readonly api: string },
): LivePoll {
  const known: Known = {};
  const measured = meter();
  let failure: Live['failure'];
  let askedAtMs = Number.NEGATIVE_INFINITY;
  let asking: Promise<void> | undefined;

  function isDue(maxAgeMs: number): boolean {
    if (failure !== undefined) return upstream.now() >= failure.nextTryAtMs;
    return upstream.now() - askedAtMs >= maxAgeMs;
  }

  async function ask(): Promise<void> {
    askedAtMs = upstream.now();
    const failed = (await askWho()) ?? (await askFigures());
    // Anew: the first answer says what the time is.
    askedAtMs = upstream.now();
    if (failed === undefined) failure = undefined;
    else {
      const pauseMs = Math.max(RETRY_MS_MIN, 1_000 * (failed.retryAfterS ?? 0));
      const sinceMs = failure?.sinceMs ?? upstream.now();
      failure = { ...failed, sinceMs, nextTryAtMs: upstream.now() + Math.min(AGE_MS_MAX, pauseMs) };
    }
  }

  async function askWho(): Promise<ApiFailure | undefined> {
    if (known.me !== undefined && failure === undefined && !isOld(known.me, ME_MS))
      return undefined;
    return note(await upstream.read((client) => client.me()), (me) => {
      known.me = me;
    });
  }

  async function askFigures(): Promise<ApiFailure | undefined> {
    if (!isAdmin()) return undefined;
    const isSlowToo = isOld(known.detail, SLOW_MS);
    const failed = note(
      await upstream.read((client) => client.stats({ detail: isSlowToo })),
      (stats) => {
        known.stats = stats;
        const { detail } = stats.body;
        if (detail === undefined) return;
        known.detail = { atMs: stats.atMs, body: detail };
        measured.note(detail.commandsExecuted, stats.atMs);
      },
    );
    if (failed !== undefined || !isOld(known.activity, SLOW_MS)) return failed;
    return note(await upstream.read((client) => client.activity()), (activity) => {
      known.activity = activity;
    });
  }

  function note<T>(reply: Reply<T>, keep: (dated: Dated<T>) => void): ApiFailure | undefined {
    if (reply.kind === 'failed') return reply.failure;
    keep(reply);
    return undefined;
  }

  function isOld(dated: Dated<unknown> | undefined, ageMs: number): boolean {
    return dated === undefined || upstream.now() - dated.atMs >= ageMs;
  }

  function isAdmin(): boolean {
    return known.me?.body.scopes.includes('orders:admin') ?? false;
  }

  function readOnlyNow(): ReadOnly | undefined {
    if (options.isReadOnly) return 'flag';
    if (known.me === undefined) return 'unknown';
    return isAdmin() ? undefined : 'scope';
  }

  function refreshed(): Promise<void> {
    asking ??= ask().finally(() => {
      asking = undefined;
    });
    return asking;
  }

  return {
    async now(given) {
      const maxAgeMs = Math.min(AGE_MS_MAX, Math.max(AGE_MS_MIN, given || 0));
      if (asking !== undefined || isDue(maxAgeMs)) await refreshed();
      const { me, stats, detail, activity } = known;
      const readOnly = readOnlyNow();
      const cost = activity && costOf(activity.body, upstream.now(), measured.perMinute());
      return {
        nowMs: upstream.now(),
        api: options.api,
        ...(me && { me: me.body }),
        ...(stats && { stats }),
        ...(detail && { detail }),
        ...(activity && { activity }),
        ...(cost && { cost }),
        ...(failure && { failure }),
        nextAtMs: failure?.nextTryAtMs ?? askedAtMs + maxAgeMs,
        ...(readOnly && { readOnly }),
        spent: upstream.spent(),
        redriveCommands: REDRIVE_COMMANDS,
      };
    },
    async readOnly() {
      if (known.me === undefined) await refreshed();
      return readOnlyNow();
    },
    forget() {
      askedAtMs = Number.NEGATIVE_INFINITY;
      if (known.activity) known.activity = { ...known.activity, atMs: 0 };
    },
  };
}
