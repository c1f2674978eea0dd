/**
 * Variables whose value decides what is bundled. esbuild leaves out what a variable that is empty
 * when packaging would never reach, so what is not used is not paid for at each cold start.
 */
const DECIDING = ['SLUICE_RATE_LIMIT'];

export const define = Object.fromEntries(
  DECIDING.map((name) => [`process.env.${name}`, JSON.stringify(process.env[name] ?? '')]),
);
