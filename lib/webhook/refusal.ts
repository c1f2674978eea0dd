/** 4xx that another attempt may fix; each other one is the receiver's last word. */
const PASSING = new Set([408, 409, 425, 429]);

/** Whether a status says that the receiver will never take what was sent. */
export function isRefusal(status: number): boolean {
  return status >= 400 && status < 500 && !PASSING.has(status);
}
