import { apiUrl, isSendableKey } from '../lib/client/address.ts';
import type { Environment } from '../lib/settings.ts';
import { usageFailure } from './failure.ts';

/** Where the API is and who calls it. */
export interface ApiSettings {
  readonly url: URL;
  readonly key: string;
  /** Whether the operator has said that the key may go over http. */
  readonly allowHttp: boolean;
}

const URL_LOCAL = 'http://localhost:3000';

/**
 * Reads the settings: the only place of the command that looks at the environment.
 *
 * @throws CommandFailure that names the variable to set
 */
export function readApiSettings(env: Environment): ApiSettings {
  const allowHttp = env.SLUICE_ALLOW_HTTP === 'on';
  const url = readUrl(env.SLUICE_URL || URL_LOCAL, allowHttp);
  return { url, key: readKey(env.SLUICE_KEY), allowHttp };
}

/** The value is never printed: it may hold a password. */
function readUrl(text: string, allowHttp: boolean): URL {
  const url = apiUrl(text, allowHttp);
  if (url === 'wrong') {
    throw usageFailure(
      'SLUICE_URL is not an https address without a user name and password.\n' +
        `Set it to the API's address, such as ${URL_LOCAL} (which it is when unset).`,
    );
  }
  if (url === 'unsafe') {
    throw usageFailure(
      'SLUICE_URL begins with http://, so the key in SLUICE_KEY could be read on its way.\n' +
        'Use https://, or set SLUICE_ALLOW_HTTP=on if that is meant.',
    );
  }
  return url;
}

function readKey(key: string | undefined): string {
  if (!key) {
    throw usageFailure(
      'SLUICE_KEY is not set: it is the API key that the command calls with.\n' +
        'For the local stack (npm start) it is local-shop-key to submit and get orders, and\n' +
        'local-admin-key for everything: SLUICE_KEY=local-admin-key npm run sluice -- stats',
    );
  }
  if (!isSendableKey(key)) {
    throw usageFailure('SLUICE_KEY holds a space, a line break or a character that no key has.');
  }
  return key;
}

/**
 * The folder in which the operator has called the command. npm changes to the package's own, and
 * says where it was called; other scripts that have run it as a part of theirs pass that on as well.
 */
export function userFolder(env: Environment, current: string): string {
  return (env.npm_lifecycle_event === 'sluice' && env.INIT_CWD) || current;
}
