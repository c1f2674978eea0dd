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
   * Whether its cells are each an amount, or all the one amount of the order; `undefined` where
   * only the order's total can tell.
   */
  readonly per: 'order' | 'line' | undefined;
}

/** Names of columns, by their use; of several, the first that is filled in a row counts. */
export type ColumnPlan = Readonly<Partial<Record<Role, readonly string[]>>> & {
  readonly charges: readonly Charge[];
};

export interface LaidOutCharge extends Charge {
  readonly positions: readonly number[];
}

/** Where the columns stand in one file. */
export interface Layout {
  readonly header: readonly string[];
  readonly positions: Readonly<Record<Role, readonly number[]>>;
  readonly charges: readonly LaidOutCharge[];
  readonly unwanted: readonly (Unwanted & { readonly positions: readonly number[] })[];
  readonly partRows: readonly number[];
  readonly lineRows: readonly number[];
  /** Columns that the rejects file of an earlier run has added. */
  readonly ours: readonly number[];
}

/** The columns that `--rejects` adds. */
export const REJECT_COLUMNS = ['sluice row', 'sluice reason'] as const;

/** The first filled cell of a row among some columns, trimmed; empty if there is none. */
export function cellOf(cells: readonly string[], positions: readonly number[]): string {
  for (const position of positions) {
    const cell = trimmed(cells[position] ?? '');
    if (cell !== '') return cell;
  }
  return '';
}

/** The name of the column that a role's cell of a row is from, for messages. */
export function columnOf(layout: Layout, cells: readonly string[], role: Role): string {
  const positions = layout.positions[role];
  const filled = positions.find((position) => trimmed(cells[position] ?? '') !== '');
  return layout.header[filled ?? positions[0] ?? -1] ?? ROLES[role];
}

/** A header's names as they are compared. */
export function headerOf(cells: readonly string[]): string[] {
  return cells.map((cell) => trimmed(cell).replace(/\s+/g, ' '));
}

/** The columns that a file lacks, by the uses for which they are needed. */
export function missingIn(header: readonly string[], plan: ColumnPlan): Role[] {
  const lacks = (role: Role) => positionsOf(header, plan[role] ?? []).length === 0;
  const needed: Role[] = ['orderNumber', 'customer', 'sku', 'quantity'];
  const isPriceless = lacks('unitPrice') && lacks('lineTotal');
  return [...needed.filter(lacks), ...(isPriceless ? (['unitPrice'] as const) : [])];
}

/** The profile whose export a header seems to be of. */
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

/** How many columns have a name: as it is spelled, or else in any case. */
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
 * @param said  what options name, which must all be there
 * @throws Failure that lists the columns there are, if one is missing or stands twice
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

/** The columns that are not used for anything, by their places. */
export function unusedIn(layout: Layout): number[] {
  const used = new Set([
    ...Object.values(layout.positions).flat(),
    ...[...layout.charges, ...layout.unwanted].flatMap(({ positions }) => positions),
    ...[...layout.partRows, ...layout.lineRows, ...layout.ours],
  ]);
  return layout.header.flatMap((name, at) => (name !== '' && !used.has(at) ? [at] : []));
}
