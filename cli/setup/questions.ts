import { usageFailure } from '../failure.ts';

/** What Upstash is paid by; see docs/deploy.md, "Plans and prices". */
export const PLANS = ['free', 'payg', 'fixed'] as const;
export type Plan = (typeof PLANS)[number];

export const FREE_COMMANDS_PER_MONTH = 500_000;

interface Question {
  readonly message: string;
  /** What sets the answer where nobody can be asked. */
  readonly flag: string;
}

/** Asks a person; without a terminal, the flag must have been given. */
export interface Asker {
  text(question: Question & { readonly byDefault?: string }): Promise<string>;
  choice<Word extends string>(question: Question, words: readonly Word[]): Promise<Word>;
  secret(question: Question): Promise<string>;
}

export function askerOn(input: { readonly isTTY?: boolean }): Asker {
  if (input.isTTY !== true) return NOBODY;
  const prompts = import('@inquirer/prompts');
  return {
    text: async ({ message, byDefault }) =>
      (await prompts).input({ message, ...(byDefault !== undefined && { default: byDefault }) }),
    choice: async ({ message }, words) =>
      (await prompts).select({ message, choices: words.map((value) => ({ value })) }),
    secret: async ({ message }) => (await prompts).password({ message, mask: '*' }),
  };
}

const unanswered = ({ message, flag }: Question) =>
  usageFailure(`${message}\nNobody is here to answer: give ${flag}.`);

const NOBODY: Asker = {
  text: ({ byDefault, ...question }) =>
    byDefault === undefined ? Promise.reject(unanswered(question)) : Promise.resolve(byDefault),
  choice: (question) => Promise.reject(unanswered(question)),
  secret: (question) => Promise.reject(unanswered(question)),
};
