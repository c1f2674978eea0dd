/**
 * Sets JSON out in lines without reading it, so that it stays as it came: numbers beyond 2^53, the order
 * of members and escapes are those of the answer.
 */
export function laidOut(text: string): string {
  let out = '';
  let depth = 0;
  const tokens = text.match(/"(?:[^"\\]|\\.)*"|[{}[\],:]|[^\s{}[\],:"]+/g) ?? [];
  tokens.forEach((token, at) => {
    const next = tokens[at + 1] ?? '';
    const line = () => `\n${'  '.repeat(depth)}`;
    if (token === '{' || token === '[') {
      out += token;
      if (next === '}' || next === ']') return;
      depth += 1;
      out += line();
    } else if (token === '}' || token === ']') {
      const opened = tokens[at - 1] === '{' || tokens[at - 1] === '[';
      if (!opened) {
        depth -= 1;
        out += line();
      }
      out += token;
    } else if (token === ',') out += `,${line()}`;
    else if (token === ':') out += ': ';
    else out += token;
  });
  return out;
}
