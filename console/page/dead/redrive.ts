import type { Redriven } from '../../../lib/contract/operator-schemas.ts';
import type { ApiFailure, Live, Reply } from '../../protocol.ts';
import { count, dollars } from '../format.ts';

/** Orders are put back in hundreds, so that stopping is not sending the next. */
export const ORDERS_AT_ONCE = 100;
/** From so many on, the number has to be typed. */
export const TYPED_FROM = 11;

/** What has become of a redrive so far. */
export interface Progress {
  readonly sent: number;
  readonly putBack: number;
  /** Somebody else was faster: they were no longer dead. */
  readonly notDead: number;
  readonly refused: number;
  /** Of a hundred whose answer was lost. */
  readonly unknown: number;
  readonly failure?: ApiFailure;
}

export const NOTHING_SENT: Progress = { sent: 0, putBack: 0, notDead: 0, refused: 0, unknown: 0 };

export function after(progress: Progress, orders: number, reply: Reply<Redriven>): Progress {
  const sent = progress.sent + orders;
  if (reply.kind === 'failed') {
    const { failure } = reply;
    return failure.isOutcomeUnknown
      ? { ...progress, sent, unknown: progress.unknown + orders, failure }
      : { ...progress, failure };
  }
  const { redriven, results = [] } = reply.body;
  const notDead = results.filter(({ status }) => status === 409).length;
  const refused = results.filter(({ status }) => status === 404 || status === 410).length;
  return {
    ...progress,
    sent,
    putBack: progress.putBack + redriven,
    notDead: progress.notDead + notDead,
    refused: progress.refused + refused,
  };
}

/** "300 of 388 put back · 2 were no longer dead" */
export function inWords(progress: Progress, all: number): string {
  const { putBack, notDead, refused, unknown } = progress;
  return [
    `${putBack} of ${all} put back`,
    ...(notDead > 0 ? [`${notDead} no longer dead`] : []),
    ...(refused > 0 ? [`${refused} refused`] : []),
    ...(unknown > 0 ? [`${unknown} unknown: the answer was lost`] : []),
  ].join(' · ');
}

/** "Costs about 180 commands, $0.001, with producing them." */
export function redriveCost(
  orders: number,
  { redriveCommands, spent }: Pick<Live, 'redriveCommands' | 'spent'>,
): string {
  const commands = Math.ceil(orders / ORDERS_AT_ONCE) * redriveCommands;
  const price = dollars((commands * spent.price.dollarsPerMillion) / 1_000_000);
  return `Costs about ${count(commands)} commands, ${price}, with producing them.`;
}

/** How long a hundred takes to become ready: the next one waits for it, so that the pace holds. */
export function pauseMs(orders: number, ordersPerSecond: number): number {
  return Math.ceil((orders / ordersPerSecond) * 1_000);
}
