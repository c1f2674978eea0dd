/**
 * The variables of producers, which the drain alone gets: those of Sluice's own, and those of one's
 * own producer by the name that they begin with.
 */
const OF_PRODUCERS = /^SLUICE_(WEBHOOK|PRODUCER)_/;

export const environment = Object.fromEntries(
  Object.entries(process.env).filter(([name]) => OF_PRODUCERS.test(name)),
);
