import { InvalidArgumentError } from 'commander';
import { SCOPES, type Scope } from '../lib/contract/scopes.ts';
import { isClientName } from '../lib/http/api-keys.ts';
import { scopesIn } from './keys-command.ts';

/** What the values of options are; the parser of arguments prints what these throw. */

export function countTo(max: number, min = 1) {
  return (text: string): number => {
    const count = /^\d{1,9}$/.test(text) ? Number(text) : Number.NaN;
    if (count >= min && count <= max) return count;
    throw new InvalidArgumentError(`It is a whole number from ${min} to ${max}.`);
  };
}

export function clientName(text: string): string {
  if (isClientName(text)) return text;
  throw new InvalidArgumentError(
    'It is 1 to 64 of A-Z, a-z, 0-9, . _ - and begins with none of ._-',
  );
}

export function scopes(text: string): Scope[] {
  const read = scopesIn(text);
  if (read) return read;
  throw new InvalidArgumentError(`They are of ${SCOPES.join(', ')}.`);
}
