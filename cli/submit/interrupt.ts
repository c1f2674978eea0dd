import { EXIT } from '../failure.ts';

/** npm forwards a Ctrl-C that the terminal has already sent: one key press, two signals. */
const ONE_INTERRUPT_MS = 1000;
const STOPPING =
  'Stopping: waiting for the answers to what was sent. Ctrl-C again to end at once.\n';

/** The first Ctrl-C stops gracefully; a later one ends the command at once. */
export function stopOnInterrupt(onStop: () => void): {
  readonly signal: AbortSignal;
  readonly end: () => void;
} {
  const controller = new AbortController();
  let firstAtMs: number | undefined;
  const interrupt = () => {
    if (firstAtMs === undefined) {
      firstAtMs = performance.now();
      controller.abort();
      onStop();
      process.stderr.write(STOPPING);
    } else if (performance.now() - firstAtMs > ONE_INTERRUPT_MS) {
      process.exit(EXIT.interrupted);
    }
  };
  process.on('SIGINT', interrupt);
  return { signal: controller.signal, end: () => process.off('SIGINT', interrupt) };
}
