import {
  Forbidden,
  Refused,
  SluiceError,
  Unauthorized,
  UnexpectedAnswer,
  Unreachable,
} from '../lib/client/errors.ts';
import { CommandFailure } from './failure.ts';
import { printable } from './text.ts';

/**
 * The message to show for an error of the API client, with what to do about it.
 *
 * @returns undefined for any other error
 */
export function failureOf(error: unknown): CommandFailure | undefined {
  if (error instanceof CommandFailure) return error;
  if (!(error instanceof SluiceError)) return undefined;
  return new CommandFailure(`${printable(messageOf(error))}${adviceOn(error)}`, { cause: error });
}

function messageOf(error: SluiceError): string {
  if (error instanceof Unauthorized) return 'The API does not know the key in SLUICE_KEY (401).';
  if (!(error instanceof Refused)) return error.message;
  const { status, detail, errors } = error.problem;
  const faults = errors.map((fault) => ` ${fault.pointer}: ${fault.detail}`).join('');
  if (error instanceof Forbidden) return `The key in SLUICE_KEY may not do this (403): ${detail}`;
  return status >= 500 || status === 429 ? error.message : `${error.message}${faults}`;
}

function adviceOn(error: SluiceError): string {
  if (error instanceof Unauthorized) {
    return '\nSet SLUICE_KEY to a key of this stage; for the local stack, local-admin-key.';
  }
  if (error instanceof Forbidden) {
    return (
      '\nTo submit or cancel it needs the scope orders:write, to get or list orders orders:read, and\n' +
      'orders:admin for all else; on the local stack, local-admin-key has all of them.'
    );
  }
  if (error instanceof UnexpectedAnswer) return '\nCheck SLUICE_URL.';
  if (!(error instanceof Unreachable)) return '';
  return error.hasAnswered
    ? '.\nIt did answer before: check the network and the server.'
    : '.\nCheck that SLUICE_URL is its address, and that it runs (the local stack: npm start).';
}
