/** One argument of a command: text, or bytes as they are. */
export type Argument = string | Buffer;

/** A reply of Redis as RESP2 tells it, so that `+OK` and a stored "OK" stay apart. */
export type Reply =
  | { kind: 'status'; text: string }
  | { kind: 'error'; text: string }
  | { kind: 'integer'; digits: string }
  | { kind: 'bulk'; bytes: Buffer }
  | { kind: 'nil'; of: 'bulk' | 'array' }
  | { kind: 'array'; items: Reply[] };

const CRLF = Buffer.from('\r\n');
const LINE_FEED = 0x0a;

/** Writes commands as RESP2 requests, one after another, ready for one write to the socket. */
export function encodeCommands(commands: Argument[][]): Buffer {
  const parts: Buffer[] = [];
  let text = '';
  for (const command of commands) {
    text += `*${command.length}\r\n`;
    for (const argument of command) {
      if (typeof argument === 'string') {
        text += `$${Buffer.byteLength(argument)}\r\n${argument}\r\n`;
      } else {
        parts.push(Buffer.from(`${text}$${argument.length}\r\n`), argument);
        text = '\r\n';
      }
    }
  }
  parts.push(Buffer.from(text));
  return parts.length === 1 && parts[0] !== undefined ? parts[0] : Buffer.concat(parts);
}

/** Writes a reply as RESP2, byte for byte what Redis itself would send. */
export function encodeReply(reply: Reply): Buffer {
  const parts: Buffer[] = [];
  const collect = (part: Reply): void => {
    if (part.kind === 'status') parts.push(Buffer.from(`+${part.text}\r\n`));
    else if (part.kind === 'error') parts.push(Buffer.from(`-${part.text}\r\n`));
    else if (part.kind === 'integer') parts.push(Buffer.from(`:${part.digits}\r\n`));
    else if (part.kind === 'nil')
      parts.push(Buffer.from(part.of === 'bulk' ? '$-1\r\n' : '*-1\r\n'));
    else if (part.kind === 'bulk')
      parts.push(Buffer.from(`$${part.bytes.length}\r\n`), part.bytes, CRLF);
    else {
      parts.push(Buffer.from(`*${part.items.length}\r\n`));
      part.items.forEach(collect);
    }
  };
  collect(reply);
  return Buffer.concat(parts);
}

/**
 * Takes the bytes of a connection chunk by chunk and hands out each reply once it is whole.
 * A large bulk is allocated once and filled, so its cost stays linear in its size.
 *
 * @throws Error when the bytes are not RESP2
 */
export function createReplyDecoder(onReply: (reply: Reply) => void): (chunk: Buffer) => void {
  const openArrays: { items: Reply[]; missing: number }[] = [];
  let openBulk: { bytes: Buffer; filled: number } | undefined;
  let openLine: Buffer | undefined;

  function complete(whole: Reply): void {
    let reply = whole;
    for (let array = openArrays.at(-1); array !== undefined; array = openArrays.at(-1)) {
      array.items.push(reply);
      array.missing -= 1;
      if (array.missing > 0) return;
      openArrays.pop();
      reply = { kind: 'array', items: array.items };
    }
    onReply(reply);
  }

  function readLine(line: string): void {
    const rest = line.slice(1);
    const size = Number(rest);
    if (line[0] === '+') complete({ kind: 'status', text: rest });
    else if (line[0] === '-') complete({ kind: 'error', text: rest });
    else if (line[0] === ':') complete({ kind: 'integer', digits: rest });
    else if (line[0] === '$' && size === -1) complete({ kind: 'nil', of: 'bulk' });
    else if (line[0] === '*' && size === -1) complete({ kind: 'nil', of: 'array' });
    else if (line[0] === '*' && size === 0) complete({ kind: 'array', items: [] });
    else if (line[0] === '$') openBulk = { bytes: Buffer.allocUnsafe(size + 2), filled: 0 };
    else if (line[0] === '*') openArrays.push({ items: [], missing: size });
    else throw new Error(`not a RESP2 reply: ${line.slice(0, 40)}`);
  }

  /** @returns where the next unread byte is */
  function fillBulk(bulk: { bytes: Buffer; filled: number }, chunk: Buffer, at: number): number {
    const copied = chunk.copy(bulk.bytes, bulk.filled, at);
    bulk.filled += copied;
    if (bulk.filled === bulk.bytes.length) {
      openBulk = undefined;
      complete({ kind: 'bulk', bytes: bulk.bytes.subarray(0, -CRLF.length) });
    }
    return at + copied;
  }

  return (received) => {
    const chunk = openLine === undefined ? received : Buffer.concat([openLine, received]);
    openLine = undefined;
    let at = 0;
    while (at < chunk.length) {
      if (openBulk !== undefined) {
        at = fillBulk(openBulk, chunk, at);
        continue;
      }
      const lineEnd = chunk.indexOf(LINE_FEED, at);
      if (lineEnd === -1) {
        openLine = chunk.subarray(at);
        return;
      }
      readLine(chunk.toString('utf8', at, lineEnd - 1));
      at = lineEnd + 1;
    }
  };
}
