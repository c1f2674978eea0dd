/**
 * The variables of producers, which the drain alone gets: those of Sluice's own, and those of one's
 * own producer by the name that they begin with. A `DATABASE_URL` that is there for something else
 * stays here.
 */
const OF_PRODUCERS =
  process.env.SLUICE_PRODUCER === 'postgres'
    ? /^DATABASE_(URL|CA)$/
    : /^SLUICE_(WEBHOOK|PRODUCER)_/;

export const environment = Object.fromEntries(
  Object.entries(process.env).filter(([name]) => OF_PRODUCERS.test(name)),
);
