import { usageFailure } from '../failure.ts';

interface Question {
  readonly message: string;
  /** What sets the answer where nobody can be asked. */
  readonly flag: string;
}

/** Asks a person; without a terminal, the flag must have been given. */
export interface Asker {
  text(question: Question & { readonly byDefault?: string }): Promise<string>;
  secret(question: Question): Promise<string>;
}

export function askerOn(input: { readonly isTTY?: boolean }): Asker {
  if (input.isTTY !== true) return NOBODY;
  const prompts = import('@inquirer/prompts');
  return {
    text: async ({ message, byDefault }) =>
      (await prompts).input({ message, ...(byDefault !== undefined && { default: byDefault }) }),
    secret: async ({ message }) => (await prompts).password({ message, mask: '*' }),
  };
}

const unanswered = ({ message, flag }: Question) =>
  usageFailure(`${message}\nNobody is here to answer: give ${flag}.`);

const NOBODY: Asker = {
  text: ({ byDefault, ...question }) =>
    byDefault === undefined ? Promise.reject(unanswered(question)) : Promise.resolve(byDefault),
  secret: (question) => Promise.reject(unanswered(question)),
};
