import { usageFailure } from '../failure.ts';
import { trimmed } from './cells.ts';
import type { Profile, Unwanted } from './profile.ts';

/** What a column is used for. */
export const ROLES = {
  orderNumber: 'order number',
  customer: 'customer',
  sku: 'SKU',
  description: 'description',
  quantity: 'quantity',
  unitPrice: 'unit price',
  lineTotal: 'line total',
  currency: 'currency',
  orderTotal: 'order total',
} as const;
export type Role = keyof typeof ROLES;

export type ChargeKind = 'shipping' | 'gift-wrap' | 'fee' | 'tax' | 'discount' | 'line-discount';

export interface Charge {
  readonly kind: ChargeKind;
  readonly columns: readonly string[];
  /**
   * Whether each row has its own amount, or every row repeats the amount of the order. `undefined`
   * if only the order total can tell.
   */
  readonly per: 'order' | 'line' | undefined;
}

/** Column names by role. Where a role has several, the first one that is filled in a row counts. */
export type ColumnPlan = Readonly<Partial<Record<Role, readonly string[]>>> & {
  readonly charges: readonly Charge[];
};

export interface LaidOutCharge extends Charge {
  readonly positions: readonly number[];
}

/** The positions of the columns in one file. */
export interface Layout {
  readonly header: readonly string[];
  readonly positions: Readonly<Record<Role, readonly number[]>>;
  readonly charges: readonly LaidOutCharge[];
  readonly unwanted: readonly (Unwanted & { readonly positions: readonly number[] })[];
  readonly partRows: readonly number[];
  readonly lineRows: readonly number[];
  /** Columns added by `--rejects` in an earlier run. */
  readonly ours: readonly number[];
}

/** The columns that `--rejects` adds. */
export const REJECT_COLUMNS = ['sluice row', 'sluice reason'] as const;

/** The first non-empty cell of a row at these positions, trimmed; empty if there is none. */
export function cellOf(cells: readonly string[], positions: readonly number[]): string {
  for (const position of positions) {
    const cell = trimmed(cells[position] ?? '');
    if (cell !== '') return cell;
  }
  return '';
}

/** The name of the column that a role is taken from in a row, for messages. */
export function columnOf(layout: Layout, cells: readonly string[], role: Role): string {
  const positions = layout.positions[role];
  const filled = positions.find((position) => trimmed(cells[position] ?? '') !== '');
  return layout.header[filled ?? positions[0] ?? -1] ?? ROLES[role];
}

/** Normalizes the names in a header for comparison. */
export function headerOf(cells: readonly string[]): string[] {
  return cells.map((cell) => trimmed(cell).replace(/\s+/g, ' '));
}

/** The required roles for which a header has no column. */
export function missingIn(header: readonly string[], plan: ColumnPlan): Role[] {
  const lacks = (role: Role) => positionsOf(header, plan[role] ?? []).length === 0;
  const needed: Role[] = ['orderNumber', 'customer', 'sku', 'quantity'];
  const isPriceless = lacks('unitPrice') && lacks('lineTotal');
  return [...needed.filter(lacks), ...(isPriceless ? (['unitPrice'] as const) : [])];
}

/** Recognizes an export by its header. */
export function profileOf(
  header: readonly string[],
  profiles: readonly Profile[],
): Profile | undefined {
  return profiles.find(({ signatures }) =>
    signatures.some((names) => names.every((name) => positionsOf(header, [name]).length > 0)),
  );
}

function positionsOf(header: readonly string[], names: readonly string[]): number[] {
  return names.flatMap((name) => {
    const exact = header.indexOf(name);
    const found = exact !== -1 ? exact : header.findIndex((one) => isSameName(one, name));
    return found === -1 ? [] : [found];
  });
}

/** How many columns have a name: spelled exactly so, or else ignoring case. */
function countOf(header: readonly string[], name: string): number {
  const [spelled = ''] = headerOf([name]);
  const exact = header.filter((one) => one === spelled).length;
  return exact > 0 ? exact : header.filter((one) => isSameName(one, spelled)).length;
}

function isSameName(one: string, other: string): boolean {
  return one.toLowerCase() === other.toLowerCase();
}

/**
 * Finds the columns in the header.
 *
 * @param said  the columns named by options, all of which must exist
 * @throws CommandFailure listing the file's columns if one is missing or ambiguous
 */
export function layoutOf(
  header: readonly string[],
  plan: ColumnPlan,
  said: ReadonlyMap<string, string>,
  profile: Profile | undefined,
): Layout {
  const faults = new Set<string>();
  for (const [option, name] of said) {
    const count = countOf(header, name);
    if (count === 0) faults.add(`The file has no column ${name} (${option}).`);
    if (count > 1) faults.add(`The file has ${count} columns ${name} (${option}).`);
  }
  const roles = Object.keys(ROLES) as Role[];
  if (profile) {
    for (const role of missingIn(header, plan)) {
      const names = (plan[role] ?? []).join(', ');
      faults.add(
        `The file has no column for the ${ROLES[role]}: ${names} (--profile ${profile.name}).`,
      );
    }
    const names = [
      ...roles.flatMap((role) => plan[role] ?? []),
      ...plan.charges.flatMap((one) => one.columns),
    ];
    for (const name of names) {
      if (countOf(header, name) > 1) faults.add(`The file has two columns ${name}.`);
    }
  }
  if (faults.size > 0) {
    throw usageFailure(`${[...faults].join('\n')}\nIts columns are: ${header.join(', ')}`);
  }
  const find = (names: readonly string[] = []) => [...new Set(positionsOf(header, names))];
  const places = roles.map((role) => [role, find(plan[role])] as const);
  const positions = Object.fromEntries(places) as Record<Role, number[]>;
  const charges = plan.charges
    .map((one) => ({ ...one, positions: find(one.columns) }))
    .filter((one) => one.positions.length > 0);
  return {
    header,
    positions,
    charges,
    unwanted: (profile?.unwanted ?? [])
      .map((one) => ({ ...one, positions: find(one.columns) }))
      .filter((one) => one.positions.length > 0),
    partRows: find(profile?.partRows),
    lineRows: find(profile?.lineRows),
    ours: find(REJECT_COLUMNS),
  };
}

/** The positions of unused columns. */
export function unusedIn(layout: Layout): number[] {
  const used = new Set([
    ...Object.values(layout.positions).flat(),
    ...[...layout.charges, ...layout.unwanted].flatMap(({ positions }) => positions),
    ...[...layout.partRows, ...layout.lineRows, ...layout.ours],
  ]);
  return layout.header.flatMap((name, at) => (name !== '' && !used.has(at) ? [at] : []));
}
