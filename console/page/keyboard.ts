import { useEffect } from 'preact/hooks';

/** Where g and a letter lead. */
export const GO: Readonly<Record<string, readonly [href: string, name: string]>> = {
  n: ['#/now', 'Now'],
  o: ['#/orders', 'Orders'],
  d: ['#/dead-letters', 'Dead letters'],
  h: ['#/health', 'Health'],
};

export interface Keys {
  readonly onHold: () => void;
  readonly onHelp: () => void;
}

const GO_MS_MAX = 1_500;

/** Nothing that changes an order has a key. */
export function useKeyboard({ onHold, onHelp }: Keys): void {
  useEffect(() => {
    let goSince = Number.NEGATIVE_INFINITY;
    function pressed(event: KeyboardEvent): void {
      if (event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target)) return;
      if (document.querySelector('dialog[open]') !== null) return;
      const { key } = event;
      const isGo = event.timeStamp - goSince < GO_MS_MAX;
      goSince = Number.NEGATIVE_INFINITY;
      const target = isGo ? GO[key] : undefined;
      if (target !== undefined) location.hash = target[0];
      else if (key === 'g') goSince = event.timeStamp;
      else if (key === '/') focusOn('#find');
      else if (key === 'j' || key === 'k') moveRow(key === 'j' ? 1 : -1);
      else if (key === 'x') toggleRow();
      else if (key === 'p') onHold();
      else if (key === '?') onHelp();
      else return;
      event.preventDefault();
    }
    addEventListener('keydown', pressed);
    return () => removeEventListener('keydown', pressed);
  }, []);
}

function isTyping(target: EventTarget | null): boolean {
  return (
    target instanceof HTMLElement &&
    target.closest('input:not([type=checkbox]), select, textarea') !== null
  );
}

function focusOn(selector: string): void {
  const found = document.querySelector<HTMLInputElement>(selector);
  found?.focus();
  found?.select();
}

/** The row that has the focus, or is about to: its main link. */
function rows(): HTMLElement[] {
  return [...document.querySelectorAll<HTMLElement>('[data-row]')];
}

function moveRow(by: 1 | -1): void {
  const all = rows();
  const at = all.findIndex((row) => row.contains(document.activeElement));
  const next = all[at === -1 ? (by === 1 ? 0 : all.length - 1) : at + by];
  next?.querySelector<HTMLElement>('a, summary, button')?.focus();
}

function toggleRow(): void {
  const row = rows().find((one) => one.contains(document.activeElement));
  row?.querySelector<HTMLInputElement>('input[type=checkbox]')?.click();
}
