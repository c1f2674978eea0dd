/** What functions log and measure would bury what the tests say. Who looks for it spies on the stream. */
const OF_FUNCTIONS = /^\{"(?:time|_aws)":/;

const write = process.stdout.write.bind(process.stdout);
process.stdout.write = (...args: unknown[]) =>
  OF_FUNCTIONS.test(String(args[0])) || write(...(args as Parameters<typeof write>));
