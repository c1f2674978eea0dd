import type { Step } from './step.ts';

/** A step in words, and the orders that it concerns. */
export interface Told {
  readonly ids: readonly string[];
  readonly text: () => string;
}

const ID = /ord_[0-9a-v]{32}/g;

/** Only what concerns no order in particular is told of every order. */
export function tellStep(step: Step): Told {
  const { name, keys, args, answer } = step;
  const ids = [...new Set(`${keys} ${args} ${JSON.stringify(answer)}`.match(ID) ?? [])];
  return { ids, text: () => `${name} ${asked(step)} → ${answered(step)}` };
}

function asked({ name, args, keys }: Step): string {
  const [first = '', second = '', third = '', fourth = ''] = args;
  switch (name) {
    case 'claim':
      return `of ${first} at ${time(third)}, lease to ${time(fourth)}, by ${args[7]?.slice(0, 12)}`;
    case 'settle': {
      const kinds = [...args.join(' ').matchAll(/(ord_\w+) (produced|retry|dead|untried) (\d*)/g)];
      const what = kinds.map(([, id, kind, due]) => `${id} ${kind}${due && ` due ${time(due)}`}`);
      return `of token ${first} by ${second.slice(0, 12)} at ${time(third)}: ${what.join(', ')}`;
    }
    case 'extend':
      return `of token ${first} by ${second.slice(0, 12)} to ${time(third)}: ${args.slice(3).join(' ')}`;
    case 'submit':
      return `at ${time(first)} ${args.filter((text) => /^ord_/.test(text)).join(' ')}`;
    case 'cancel':
      return `${first} for ${second || 'anybody'} at ${time(third)}`;
    default:
      return `${keys.map((key) => key.replace(/^[^:]*:/, '')).join(' ')} ${args.join(' ')}`.slice(
        0,
        160,
      );
  }
}

function answered({ name, answer }: Step): string {
  if (name === 'claim') {
    const [token, orders, dead, broken, more] = answer as [
      number,
      [string, number][],
      ...unknown[],
    ];
    const taken = orders.map(([id, attempt]) => `${id} (attempt ${attempt})`).join(', ');
    const rest = [
      [dead, 'dead'],
      [broken, 'broken'],
    ].filter(([list]) => `${list}` !== '');
    const others = rest.map(([list, what]) => `, ${what}: ${list}`).join('');
    return `token ${token}: ${taken || 'nothing'}${others}${more === 1 ? ', and more' : ''}`;
  }
  return (JSON.stringify(answer) ?? 'nothing').slice(0, 160);
}

function time(ms: string): string {
  return /^\d+$/.test(ms) ? new Date(Number(ms)).toISOString().slice(5, 23) : ms;
}
