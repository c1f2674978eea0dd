import { Duplex } from 'node:stream';
import type { SimulatedProcess } from '../process.ts';

/** A request as it was written to a connection. */
export interface WireRequest {
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  /** Answers it, unless its sender has hung up. */
  answer(response: WireResponse): void;
  /** Breaks the connection. */
  reset(code: 'ECONNREFUSED' | 'ECONNRESET'): void;
}

export interface WireResponse {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  /** It ends in the middle of its body. */
  readonly isCutOff?: boolean;
}

/**
 * A connection of a simulated process, as Node's HTTP client takes it for a socket: what is written
 * to it is read as HTTP, and what comes back reaches the process as all does, or does not.
 */
export function openWire(
  process: SimulatedProcess,
  onRequest: (request: WireRequest) => void,
): Duplex {
  let written = '';
  const wire = new Duplex({
    read() {},
    write(chunk: Buffer, _, done) {
      written += chunk.toString('latin1');
      const request = requestIn(written);
      if (request !== undefined) {
        written = '';
        onRequest({ ...request, answer, reset });
      }
      done();
    },
  });
  // What a socket of TCP has besides.
  const none = () => wire;
  Object.assign(wire, { setKeepAlive: none, setNoDelay: none, setTimeout: none });
  Object.assign(wire, { ref: none, unref: none });

  function answer(response: WireResponse) {
    process.receive(() => {
      if (wire.destroyed) return;
      wire.push(textOf(response));
      if (response.isCutOff) wire.destroy(errorOf('ECONNRESET'));
    });
  }

  function reset(code: 'ECONNREFUSED' | 'ECONNRESET') {
    process.receive(() => void wire.destroy(errorOf(code)));
  }

  return wire;
}

/** The request that was written, once all of it is. */
function requestIn(written: string): Pick<WireRequest, 'headers' | 'body'> | undefined {
  const end = written.indexOf('\r\n\r\n');
  if (end === -1) return undefined;
  const lines = written.slice(0, end).split('\r\n').slice(1);
  const headers = Object.fromEntries(
    lines.map((line) => {
      const [name = '', ...value] = line.split(': ');
      return [name.toLowerCase(), value.join(': ')];
    }),
  );
  const body = written.slice(end + 4);
  if (body.length < Number(headers['content-length'])) return undefined;
  return { headers, body: Buffer.from(body, 'latin1').toString() };
}

function textOf({ status, headers = {}, body = '', isCutOff = false }: WireResponse): string {
  const lines = Object.entries({ ...headers, 'content-length': Buffer.byteLength(body) });
  const head = lines.map(([name, value]) => `${name}: ${value}\r\n`).join('');
  const sent = isCutOff ? body.slice(0, body.length / 2) : body;
  return `HTTP/1.1 ${status} ${status}\r\n${head}\r\n${sent}`;
}

function errorOf(code: string): Error {
  return Object.assign(new Error(code), { code });
}
