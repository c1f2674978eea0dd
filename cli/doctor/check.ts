/**
 * What one check says:
 * - `ok`       it is as it must be
 * - `unknown`  this cannot be found out from here; `mend` says where it can
 * - `warning`  it works, and somebody should see to it
 * - `wrong`    orders are lost, late or refused by it, or will be
 * - `skipped`  it was not tried
 */
export interface Verdict {
  readonly kind: 'ok' | 'unknown' | 'warning' | 'wrong' | 'skipped';
  readonly found: string;
  /** What to do, where there is something to do. */
  readonly mend?: string;
}

/** One thing that is looked at. What it needs is the examination's. */
export interface Check<Examined> {
  readonly name: string;
  readonly looksAt: string;
  /** Where it is wrong, the checks after it could only say so again. */
  readonly isEssential?: true;
  /** A check that throws is wrong: it is told with the error's first line. */
  readonly run: (examined: Examined) => Promise<Verdict>;
}

/** What became of a check. */
export interface Finding extends Verdict {
  readonly name: string;
  readonly looksAt: string;
}

export function ok(found: string): Verdict {
  return { kind: 'ok', found };
}

export function unknown(found: string, mend: string): Verdict {
  return { kind: 'unknown', found, mend };
}

export function warning(found: string, mend: string): Verdict {
  return { kind: 'warning', found, mend };
}

export function wrong(found: string, mend: string): Verdict {
  return { kind: 'wrong', found, mend };
}

export function skipped(found: string, mend?: string): Verdict {
  return { kind: 'skipped', found, ...(mend !== undefined && { mend }) };
}

/** Runs checks one after the other, so that none disturbs what another measures. */
export async function runChecks<Examined>(
  checks: readonly Check<Examined>[],
  examined: Examined,
): Promise<Finding[]> {
  const findings: Finding[] = [];
  let blockedBy: string | undefined;
  for (const { name, looksAt, isEssential, run } of checks) {
    const verdict =
      blockedBy === undefined
        ? await outcomeOf(() => run(examined))
        : skipped(`not tried: ${blockedBy} is wrong`);
    findings.push({ name, looksAt, ...verdict });
    if (isEssential && verdict.kind === 'wrong') blockedBy = name;
  }
  return findings;
}

async function outcomeOf(run: () => Promise<Verdict>): Promise<Verdict> {
  try {
    return await run();
  } catch (error) {
    const [line = ''] = (error instanceof Error ? error.message : String(error)).split('\n');
    // The SDK's messages go on with the whole command, which can hold an order.
    const said = (line.split(', command was:')[0] ?? '').slice(0, 300);
    return wrong(
      `could not be found out: ${said}`,
      'Run doctor again; where it stays, the sentence above is what Redis or the network says.',
    );
  }
}
