export type Xml =
  | string
  | number
  | boolean
  | undefined
  | readonly Xml[]
  | { readonly [name: string]: Xml };

/**
 * Writes an element. A list is wrapped as the query protocol has it (`<Tags><member>…`), or repeats
 * its name as S3 has it (`<Contents>…</Contents><Contents>…`).
 */
export function xml(name: string, value: Xml, lists: 'wrapped' | 'repeated' = 'wrapped'): string {
  if (value === undefined) return '';
  if (Array.isArray(value)) {
    const items = (as: string) => value.map((item: Xml) => xml(as, item, lists)).join('');
    return lists === 'repeated' ? items(name) : `<${name}>${items('member')}</${name}>`;
  }
  if (typeof value !== 'object') return `<${name}>${escaped(String(value))}</${name}>`;
  const children = Object.entries(value).map(([child, inner]) => xml(child, inner, lists));
  return `<${name}>${children.join('')}</${name}>`;
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
