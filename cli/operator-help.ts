export const EXPLAIN_HELP = `
One sentence, from what Redis knows now: where the order is, what happens next and when. --json has the
facts behind it. Times are UTC.

Example:
  npm run sluice -- explain ord_…
`;

export const ACTIVITY_HELP = `
For each step with something to tell: orders that came in (reckoned), were claimed, produced, are to be
retried, or died; how many were ready at its end; how old the oldest was; and within what time 95 % were
produced. Steps are minutes for the last hour, and longer for more. 168 hours are kept.

Examples:
  npm run sluice -- activity
  npm run sluice -- activity --hours 24
`;

export const PAUSE_HELP = `
While there is a pause no drain claims, of whatever slot; one that is at work ends within 10 s, after its
batch. It ends by itself. Given again, it ends at the new time. resume ends it at once.

Examples:
  npm run sluice -- pause --for 30m --reason "ERP release"
  npm run sluice -- resume
`;
