import { createContext } from 'preact';
import { useContext, useEffect, useRef, useState } from 'preact/hooks';
import type { Live } from '../protocol.ts';
import { ask, ConsoleGone } from './session.ts';

/** What the whole page knows, and what holds its updates. */
export interface Page {
  readonly live?: Live;
  /** What the console itself says where it does not answer. */
  readonly gone?: ConsoleGone;
  /** The API's clock, Unix milliseconds. The browser's own may be wrong. */
  readonly now: () => number;
  /** Why nothing is updated at the moment. */
  readonly held: readonly string[];
  readonly isHeldByKey: boolean;
  toggleHold(): void;
  hold(reason: string): () => void;
  /** Asks at once. */
  refresh(): void;
}

const AGE_MS = 10_000;
const IDLE_AGE_MS = 60_000;
const IDLE_MS = 15 * 60_000;
const PAUSE_MS_MIN = 500;
const GONE_MS = 3_000;

export const PageContext = createContext<Page | undefined>(undefined);

export function usePage(): Page {
  const page = useContext(PageContext);
  if (page === undefined) throw new Error('There is no page around this.');
  return page;
}

/** Asks for the figures for as long as somebody can see them. */
export function useLive(): Page {
  const [live, setLive] = useState<Live>();
  const [gone, setGone] = useState<ConsoleGone>();
  const [holds, setHolds] = useState<ReadonlyMap<symbol, string>>(new Map());
  const [isHeldByKey, setHeldByKey] = useState(false);
  const clock = useRef({ apiMs: Date.now(), ownMs: performance.now() });
  const lastInputMs = useRef(performance.now());
  const [asked, setAsked] = useState(0);
  const isHeld = isHeldByKey || holds.size > 0;

  useEffect(() => {
    const noted = () => {
      lastInputMs.current = performance.now();
    };
    const events = ['pointerdown', 'keydown', 'wheel'] as const;
    for (const event of events) addEventListener(event, noted, { passive: true });
    const seen = () => document.hidden || setAsked((n) => n + 1);
    document.addEventListener('visibilitychange', seen);
    return () => {
      for (const event of events) removeEventListener(event, noted);
      document.removeEventListener('visibilitychange', seen);
    };
  }, []);

  // `asked` begins the round anew.
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    let isOver = false;
    async function round(): Promise<void> {
      if (document.hidden || isOver) return;
      const isIdle = performance.now() - lastInputMs.current > IDLE_MS;
      let pauseMs = GONE_MS;
      try {
        const figures = await ask<Live>('live', { maxAgeMs: isIdle ? IDLE_AGE_MS : AGE_MS });
        if (isOver) return;
        clock.current = { apiMs: figures.nowMs, ownMs: performance.now() };
        setLive(figures);
        setGone(undefined);
        pauseMs = Math.max(PAUSE_MS_MIN, figures.nextAtMs - figures.nowMs);
      } catch (error) {
        if (!(error instanceof ConsoleGone)) throw error;
        if (!isOver) setGone(error);
      }
      if (!isOver) timer = setTimeout(round, pauseMs);
    }
    if (!isHeld) void round();
    return () => {
      isOver = true;
      clearTimeout(timer);
    };
  }, [isHeld, asked]);

  return {
    ...(live && { live }),
    ...(gone && { gone }),
    now: () => clock.current.apiMs + performance.now() - clock.current.ownMs,
    held: [...holds.values(), ...(isHeldByKey ? ['you pressed p'] : [])],
    isHeldByKey,
    toggleHold: () => setHeldByKey((was) => !was),
    hold(reason) {
      const name = Symbol(reason);
      setHolds((all) => new Map(all).set(name, reason));
      return () => setHolds((all) => new Map([...all].filter(([one]) => one !== name)));
    },
    refresh: () => setAsked((n) => n + 1),
  };
}

/** Holds updates for as long as there is a reason. */
export function useHold(reason: string | undefined): void {
  const { hold } = usePage();
  useEffect(() => (reason === undefined ? undefined : hold(reason)), [reason]);
}

/** The API's clock, read anew each second. */
export function useNow(): number {
  const { now } = usePage();
  const [, tick] = useState(0);
  useEffect(() => {
    const timer = setInterval(() => document.hidden || tick((n) => n + 1), 1_000);
    return () => clearInterval(timer);
  }, []);
  return now();
}
