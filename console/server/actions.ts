/** How many results of changes are remembered. */
const KEPT_MAX = 200;

/**
 * Makes each change once, however often the page asks for it: a second click, a repeated request or
 * another tab with the same dialog gets the outcome of the first.
 *
 * @returns runs a change under the name that the page gave it
 */
export function once<T>(): (name: string, run: () => Promise<T>) => Promise<T> {
  const results = new Map<string, Promise<T>>();
  return (name, run) => {
    const known = results.get(name);
    if (known !== undefined) return known;
    const result = run();
    results.set(name, result);
    const [oldest] = results.keys();
    if (results.size > KEPT_MAX && oldest !== undefined) results.delete(oldest);
    return result;
  };
}
