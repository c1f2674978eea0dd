import { SingleBar } from 'cli-progress';
import { grouped } from './money.ts';
import type { Progress } from './submit.ts';

/** Shows how far a submit is. */
export interface ProgressDisplay {
  readonly show: (progress: Progress) => void;
  /** Shows no more. Once is enough; again is no fault. */
  readonly end: () => void;
}

/** How often a run that nobody watches says how far it is. */
const LINES_PER_RUN = 10;

/** A bar if `stream` is a terminal, else a line for each tenth of the orders. */
export function progressDisplay(stream: NodeJS.WriteStream, orders: number): ProgressDisplay {
  return stream.isTTY ? progressBar(stream, orders) : progressLines(stream, orders);
}

function progressBar(stream: NodeJS.WriteStream, orders: number): ProgressDisplay {
  const bar = new SingleBar({
    stream,
    format:
      'submitting [{bar}] {percentage}% | {value} of {total} orders | {rejected} rejected | {eta_formatted} left',
    hideCursor: true,
    // The rate of the last batches, not of the last ten: those sent at once are answered at once.
    etaBuffer: 20,
  });
  bar.start(orders, 0, { rejected: 0 });
  return {
    show({ ordersDone, rejected }) {
      if (bar.isActive) bar.update(ordersDone, { rejected });
    },
    end() {
      if (bar.isActive) bar.stop();
    },
  };
}

function progressLines(stream: NodeJS.WriteStream, orders: number): ProgressDisplay {
  let tenthsShown = 0;
  return {
    show({ ordersDone, rejected }) {
      const tenths = Math.floor((ordersDone * LINES_PER_RUN) / orders);
      if (tenths <= tenthsShown) return;
      tenthsShown = tenths;
      const done = `${grouped(ordersDone)} of ${grouped(orders)} orders`;
      stream.write(`submitted ${done}, ${grouped(rejected)} rejected\n`);
    },
    end: () => {},
  };
}
