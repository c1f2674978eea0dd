/** What functions log and measure would bury what tests say. A test that wants it spies on the stream. */
const OF_FUNCTIONS = /^\{"(?:time|_aws)":/;

/** Keeps the lines of functions from standard output. @returns undoes it */
export function quietFunctions(): () => void {
  const { stdout } = process;
  const original = stdout.write;
  const write = original.bind(stdout);
  stdout.write = (...args: unknown[]) =>
    OF_FUNCTIONS.test(String(args[0])) || write(...(args as Parameters<typeof write>));
  return () => {
    stdout.write = original;
  };
}
