/**
 * Takes turns: whoever asks waits until all who asked before are done.
 *
 * @returns a function that resolves when it is one's turn, with what ends it
 */
export function turns(): () => Promise<() => void> {
  let last: Promise<void> = Promise.resolve();
  return async () => {
    const before = last;
    let done = () => {};
    last = new Promise((resolve) => {
      done = resolve;
    });
    await before;
    return done;
  };
}
