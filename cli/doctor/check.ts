/**
 * What one check says:
 * - `ok`       nothing to do
 * - `unknown`  this cannot be found out from here; `fix` says where it can
 * - `warning`  it works, and somebody should look after it
 * - `wrong`    orders are lost, late or refused because of it, or will be
 * - `skipped`  it was not tried
 */
export interface Verdict {
  readonly kind: 'ok' | 'unknown' | 'warning' | 'wrong' | 'skipped';
  readonly found: string;
  /** What to do, where there is something to do. */
  readonly fix?: string;
}

/** One thing that is looked at. */
export interface Check<Side> {
  readonly name: string;
  readonly looksAt: string;
  /** Where it is wrong, the checks after it could only say so again. */
  readonly isEssential?: true;
  /** What it means where the check throws. */
  readonly otherwise?: string;
  /** Sluice works all the same where the check throws. */
  readonly isBearable?: true;
  /** A text is `ok`. */
  readonly run: (side: Side) => Promise<Verdict | string>;
}

/** What became of a check. */
export interface CheckResult extends Verdict {
  readonly name: string;
  readonly looksAt: string;
}

const verdict = (kind: Verdict['kind']) => (found: string, fix?: string) => ({
  kind,
  found,
  ...(fix !== undefined && { fix }),
});

export const ok = verdict('ok');
export const unknown = verdict('unknown');
export const warning = verdict('warning');
export const wrong = verdict('wrong');
export const skipped = verdict('skipped');

/** Something is not as Sluice needs it. */
export class NotSo extends Error {
  override readonly name = 'NotSo';
}

/** @throws NotSo, with what was seen, where the two differ */
export function mustBe(what: string, seen: unknown, expected: unknown): void {
  const [said, wanted] = [seen, expected].map((value) => JSON.stringify(value) ?? 'nothing');
  if (said === wanted) return;
  throw new NotSo(`${what} is ${shortened(said)} and not ${shortened(wanted)}`);
}

function shortened(text = ''): string {
  return text.length > 80 ? `${text.slice(0, 80)}…` : text;
}

/** Runs checks one after the other, so that none disturbs what another measures. */
export async function runChecks<Side>(
  checks: readonly Check<Side>[],
  side: Side,
): Promise<CheckResult[]> {
  const findings: CheckResult[] = [];
  let blockedBy: string | undefined;
  for (const check of checks) {
    const { name, looksAt } = check;
    const found =
      blockedBy === undefined
        ? await outcomeOf(check, side)
        : skipped(`not tried: ${blockedBy} is wrong`);
    findings.push({ name, looksAt, ...found });
    if (check.isEssential && found.kind === 'wrong') blockedBy = name;
  }
  return findings;
}

const AGAIN = 'Run doctor again; if it stays, this is what Redis or the network says.';

async function outcomeOf<Side>(check: Check<Side>, side: Side): Promise<Verdict> {
  try {
    const outcome = await check.run(side);
    return typeof outcome === 'string' ? ok(outcome) : outcome;
  } catch (error) {
    const [line = ''] = (error instanceof Error ? error.message : String(error)).split('\n');
    // The SDK's messages go on with the whole command, which can hold an order.
    const said = (line.split(', command was:')[0] ?? '').slice(0, 300);
    return (check.isBearable ? warning : wrong)(said, check.otherwise ?? AGAIN);
  }
}
