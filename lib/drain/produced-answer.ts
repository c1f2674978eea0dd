import { bytesSent } from './failures.ts';

/** Bytes kept of a result, as they are sent; `failures.ts` has the limits of the rest. */
const RESULT_BYTES_MAX = 8 * 1024;
/** A larger one would be rounded by JSON. */
const ORDER_NUMBER_MAX = 10 ** 15;

/** As with a result: what is not a number is left out. */
export function isOrderNumber(orderNumber: unknown): orderNumber is number {
  return (
    Number.isInteger(orderNumber) &&
    Number(orderNumber) >= 0 &&
    Number(orderNumber) <= ORDER_NUMBER_MAX
  );
}

/** The order is produced, whatever came back: a result that cannot be kept is left out. */
export function isKept(result: unknown): boolean {
  try {
    const json = JSON.stringify(result);
    return json !== undefined && bytesSent(json) <= RESULT_BYTES_MAX;
  } catch {
    return false;
  }
}
