import { usageFailure } from '../failure.ts';
import type { Currency } from '../money.ts';
import type { TaxRule } from './charges.ts';
import {
  type ChargeKind,
  type ColumnPlan,
  headerOf,
  type Layout,
  layoutOf,
  missingIn,
  profileOf,
  type Role,
} from './columns.ts';
import type { Profile } from './profile.ts';
import { PROFILES } from './profiles.ts';
import type { RepeatsRule } from './repeats.ts';
import type { Quoting } from './rows.ts';
import type { Decimal } from './written-number.ts';

/** What the options say about a CSV file; everything else is detected. */
export interface CsvOptions {
  readonly profile?: string | undefined;
  readonly columns: Readonly<Partial<Record<Role, string>>>;
  readonly charges: readonly { readonly kind: ChargeKind; readonly column: string }[];
  /** For orders without a currency of their own. */
  readonly currency?: Currency | undefined;
  readonly delimiter?: string | undefined;
  readonly quoting?: Quoting | undefined;
  readonly decimal?: Decimal | undefined;
  readonly isRounding: boolean;
  readonly tax: TaxRule;
  readonly chargesPer: 'order' | 'line' | undefined;
  readonly repeats: RepeatsRule;
  readonly isCarriedDown: boolean;
}

/** The options that name columns. */
const COLUMN_OPTIONS: Readonly<Record<Role, string>> = {
  orderNumber: '--key-column',
  customer: '--customer-column',
  sku: '--sku-column',
  description: '--description-column',
  quantity: '--quantity-column',
  unitPrice: '--unit-price-column',
  lineTotal: '--line-total-column',
  currency: '--currency-column',
  orderTotal: '--order-total-column',
};

export interface Plan {
  readonly profile: Profile | undefined;
  readonly isDetected: boolean;
  readonly columns: ColumnPlan;
}

/** The columns to look for: those named by options, then those of the profile, given or detected. */
export function planFor(header: readonly string[], options: CsvOptions): Plan {
  const said = Object.entries(options.columns).filter(([, name]) => name !== undefined);
  const isDetected = options.profile === undefined && said.length === 0;
  const profile = isDetected
    ? profileOf(header, PROFILES)
    : PROFILES.find(({ name }) => name === options.profile);
  const kinds = new Set(options.charges.map(({ kind }) => kind));
  const charges = [
    ...(profile?.columns.charges ?? []).filter(({ kind }) => !kinds.has(kind)),
    ...options.charges.map(({ kind, column }) => ({
      kind,
      columns: headerOf([column]),
      per: undefined,
    })),
  ];
  const named = Object.fromEntries(said.map(([role, name]) => [role, headerOf([name ?? ''])]));
  return { profile, isDetected, columns: { ...profile?.columns, ...named, charges } };
}

/**
 * Finds the columns of a plan in the header.
 *
 * @throws CommandFailure that names what is missing and lists the file's columns
 */
export function layOut(header: readonly string[], plan: Plan, options: CsvOptions): Layout {
  if (!plan.profile) checkOptions(header, plan, options);
  const said = new Map<string, string>();
  for (const [role, name] of Object.entries(options.columns)) {
    if (name !== undefined) said.set(COLUMN_OPTIONS[role as Role], name);
  }
  for (const { kind, column } of options.charges) said.set(`--${kind}-column`, column);
  const layout = layoutOf(header, plan.columns, said, plan.profile);
  if (layout.positions.currency.length === 0 && !options.currency) {
    throw usageFailure(
      'The file has no currency column that Sluice knows: use --currency, such as --currency GBP.',
    );
  }
  return layout;
}

function checkOptions(header: readonly string[], { columns }: Plan, options: CsvOptions): void {
  const missing = missingIn(header, columns)
    .filter((role) => !columns[role])
    .map((role) => COLUMN_OPTIONS[role]);
  if (!options.currency && !columns.currency) missing.push('--currency (or --currency-column)');
  if (missing.length === 0) return;
  const text = missing
    .join(', ')
    .replace('--unit-price-column', '--unit-price-column (or --line-total-column)');
  throw usageFailure(
    `A CSV file also needs ${text}, or --profile. See submit --help.\nIts columns are: ${header.join(', ')}`,
  );
}
