/**
 * What is kept of a reason and of a result, in bytes as they are sent: a settle of 500 orders with all
 * their history stays under the 10 MB that a request to Upstash may have.
 */
const REASON_BYTES_MAX = 800;
const RESULT_BYTES_MAX = 8 * 1024;
const REASON_CHARACTERS_MAX = 500;
/** A larger one would be rounded by JSON. */
const ORDER_NUMBER_MAX = 10 ** 15;

/** As much of a reason as is kept. */
export function boundedReason(reason: unknown): string {
  const text = typeof reason === 'string' && reason !== '' ? reason : 'No reason was given.';
  let characters = [...text.toWellFormed()].slice(0, REASON_CHARACTERS_MAX);
  while (bytesSent(JSON.stringify(characters.join(''))) > REASON_BYTES_MAX) {
    characters = characters.slice(0, -Math.ceil(characters.length / 10));
  }
  return characters.join('');
}

/** How long JSON is as part of a request, which is JSON itself. */
function bytesSent(json: string): number {
  return Buffer.byteLength(JSON.stringify(json));
}

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
