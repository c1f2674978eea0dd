import { SingleBar } from 'cli-progress';
import { grouped } from '../money.ts';

/** Shows the progress of one step of a submit. */
export interface ProgressDisplay {
  readonly show: (done: number, total: number, note?: string) => void;
  /** Ends the display; may be called more than once. */
  readonly end: () => void;
}

export interface ProgressStep {
  /** Such as "reading" or "submitting". */
  readonly name: string;
  /** Such as "orders". */
  readonly unit: string;
  /** Smaller totals are done at once and not shown. */
  readonly totalMin: number;
}

/** How many progress lines a run prints when the output is not a terminal. */
const LINES_PER_RUN = 10;

/** A bar with the time left if `stream` is a terminal, else a line for every tenth. */
export function progressDisplay(stream: NodeJS.WriteStream, step: ProgressStep): ProgressDisplay {
  const display = stream.isTTY ? progressBar(stream, step) : progressLines(stream, step);
  return {
    ...display,
    show(done, total, note) {
      if (total >= step.totalMin) display.show(done, total, note);
    },
  };
}

function progressBar(stream: NodeJS.WriteStream, { name, unit }: ProgressStep): ProgressDisplay {
  const bar = new SingleBar({
    stream,
    format: `${name} [{bar}] {percentage}% | {value} of {total} ${unit}{note} | {eta_formatted} left`,
    hideCursor: true,
    // The rate of the last batches, not of the last ten: those sent at once are answered at once.
    etaBuffer: 20,
  });
  let isEnded = false;
  return {
    show(done, total, note = '') {
      if (isEnded) return;
      if (!bar.isActive) bar.start(total, done, { note });
      else bar.update(done, { note });
    },
    end() {
      isEnded = true;
      if (bar.isActive) bar.stop();
    },
  };
}

function progressLines(stream: NodeJS.WriteStream, { name, unit }: ProgressStep): ProgressDisplay {
  const beganMs = performance.now();
  let tenthsShown = 0;
  return {
    show(done, total, note = '') {
      const tenths = Math.floor((done * LINES_PER_RUN) / total);
      if (tenths <= tenthsShown) return;
      tenthsShown = tenths;
      const leftS = Math.round(((performance.now() - beganMs) * (total - done)) / done / 1000);
      const left = leftS > 0 ? `, ${grouped(leftS)} s left` : '';
      stream.write(`${name}: ${grouped(done)} of ${grouped(total)} ${unit}${note}${left}\n`);
    },
    end: () => {},
  };
}
