/** What the log may know of an error: where it happened. Its message may hold order data. */
export function errorPlace(error: unknown) {
  if (!(error instanceof Error)) return {};
  const frames = (error.stack ?? '').split('\n').filter((line) => /^ +at /.test(line));
  return { error: error.name, stack: frames.slice(0, 8).join('\n') };
}
