export const EXPLAIN_HELP = `
One sentence, from what Redis knows now: where the order is, what happens next and when. --json has the
facts behind it. Times are UTC.

Example:
  npm run sluice -- explain ord_…
`;

export const ACTIVITY_HELP = `
For each step with any activity: orders that came in (estimated), were claimed, produced, retried, or died;
how many were ready at its end; the age of the oldest; and the time within which 95 % were produced. Steps
are minutes for the last hour, and longer for more. 168 hours are kept.

Examples:
  npm run sluice -- activity
  npm run sluice -- activity --hours 24
`;

export const PAUSE_HELP = `
During a pause, no drain of any slot claims. A drain at work ends within 10 s, after its batch. The pause
ends by itself. Another pause replaces its end time; resume ends it at once.

Examples:
  npm run sluice -- pause --for 30m --reason "ERP release"
  npm run sluice -- resume
`;
