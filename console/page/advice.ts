import type { ApiFailure } from '../protocol.ts';

/** What to do about a call that failed, in a sentence. */
export function adviceOn({ kind, retryAfterS }: ApiFailure): string {
  switch (kind) {
    case 'unreachable':
      return 'Check the network, and that SLUICE_URL is the address of the API.';
    case 'unauthorized':
      return 'The API does not know this key. Restart the console with a key for this stage.';
    case 'forbidden':
      return 'The key may not do this: it needs the scope orders:admin.';
    case 'too-many-requests':
      return `The API refuses more requests for now. The console asks again${retryAfterS === undefined ? '' : ` in ${retryAfterS} s`}.`;
    case 'unavailable':
      return 'Run npm run sluice -- doctor: it says whether Redis answers.';
    case 'unexpected':
      return 'Something other than Sluice answers at SLUICE_URL, or another version of Sluice.';
    default:
      return '';
  }
}
