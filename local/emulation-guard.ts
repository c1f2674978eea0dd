import http, { type IncomingMessage, type ServerResponse } from 'node:http';

/** The header in which the gateway says that a request comes from it. */
export const PASS_HEADER = 'x-sluice-pass';

/**
 * Has this process answer 403 to every request that does not come from the local stack itself. The emulation
 * listens on two ports: one lets any page in a browser read the API (CORS), the other runs any function with
 * any event and asks for no key. The gateway sends the pass as a header; a function that wakes the drain has
 * it as its access key id, which is in the signature's header.
 */
export function guardServers(pass: string): void {
  const emit = http.Server.prototype.emit;
  function guarded(this: http.Server, name: string | symbol, ...args: unknown[]): boolean {
    if (name !== 'request' || hasPass(args[0] as IncomingMessage, pass)) {
      return Reflect.apply(emit, this, [name, ...args]);
    }
    (args[1] as ServerResponse).writeHead(403, { connection: 'close' }).end();
    return true;
  }
  http.Server.prototype.emit = guarded;
}

function hasPass({ headers }: IncomingMessage, pass: string): boolean {
  return (
    headers[PASS_HEADER] === pass ||
    headers.authorization?.includes(` Credential=${pass}/`) === true
  );
}
