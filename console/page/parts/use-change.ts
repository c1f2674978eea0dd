import { useRef, useState } from 'preact/hooks';
import type { Reply } from '../../protocol.ts';
import { usePage } from '../live.ts';
import { ConsoleGone, change, newAction } from '../session.ts';

export type ChangeState<T> = { readonly kind: 'ready' } | { readonly kind: 'running' } | Reply<T>;

/**
 * One change, made once: it has its name from when the dialog or the button appeared, so a second click
 * gets the outcome of the first.
 */
export function useChange<T>(path: string) {
  const { refresh } = usePage();
  const [state, setState] = useState<ChangeState<T>>({ kind: 'ready' });
  const action = useRef(newAction());

  async function run(body: object = {}): Promise<Reply<T>> {
    setState({ kind: 'running' });
    const reply = await made<T>(path, action.current, body);
    setState(reply);
    refresh();
    return reply;
  }

  function again(): void {
    action.current = newAction();
    setState({ kind: 'ready' });
  }

  return { state, run, again };
}

/** Makes a change; that the console is gone, or refuses, is an outcome like any other. */
export async function made<T>(path: string, action: string, body: object): Promise<Reply<T>> {
  try {
    return await change<T>(path, action, body);
  } catch (error) {
    if (!(error instanceof ConsoleGone)) throw error;
    const kind = error.isRefusal ? 'forbidden' : 'unreachable';
    const isOutcomeUnknown = !error.isRefusal;
    return { kind: 'failed', failure: { kind, detail: error.message, isOutcomeUnknown } };
  }
}
