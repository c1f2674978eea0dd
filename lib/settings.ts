/** Variables of the environment, or something that stands for them. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** The environment is wrong; the message names every variable that is. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
}

/** What is wrong with a variable, where its rule alone would not tell; never with the value. */
export class SettingFault extends Error {
  override readonly name = 'SettingFault';
}

/**
 * Where the value of a setting goes:
 * - `functions`   the environment of every function
 * - `submits`     the functions that take orders in, the drain, and the counts, which tell of it
 * - `drain`       the drain alone
 * - `announcer`   the function that announces events
 * - `deployment`  nowhere: it shapes the template or the bundles
 */
export type UsedBy = 'functions' | 'submits' | 'drain' | 'announcer' | 'deployment';

/** One variable that can be set and is not secret; `deploy/settings-table.ts` has all of them. */
export interface Setting<T> {
  readonly name: string;
  readonly usedBy: UsedBy;
  /** What a value must be: "a whole number from 1 to 500". */
  readonly rule: string;
  /** The value where nothing is set, as one would write it; empty where there is none. */
  readonly byDefault: string;
  /** @returns `undefined` for a text that breaks the rule */
  readonly parse: (text: string) => T | undefined;
}

/** Reads variables one by one; reports everything that is wrong with them at the end. */
export interface SettingsReader {
  /**
   * A variable that must be set.
   *
   * @param rule   what it must be, as the message has it
   * @param parse  returns `undefined` for a text that breaks the rule, or throws a SettingFault
   */
  read<T>(name: string, rule: string, parse: (text: string) => T | undefined): T;
  /** As `read`, where the variable may be left out or empty. */
  optional<T>(name: string, rule: string, parse: (text: string) => T | undefined, byDefault: T): T;
  /** A setting of the table, or its default where the variable is left out or empty. */
  setting<T>(setting: Setting<T>): T;
}

/**
 * Reads settings.
 *
 * @throws ConfigError naming every variable that is missing or wrong, and never a value
 */
export function readSettings<T>(env: Environment, settingsFrom: (reader: SettingsReader) => T): T {
  const faults: string[] = [];

  function read<V>(name: string, rule: string, parse: (text: string) => V | undefined): V {
    const text = env[name];
    let fault = `${text ? 'is wrong' : 'is missing'}: ${rule}`;
    let value: V | undefined;
    try {
      value = text === undefined || text === '' ? undefined : parse(text);
    } catch (error) {
      if (!(error instanceof SettingFault)) throw error;
      fault = `is wrong: ${error.message}`;
    }
    if (value === undefined) faults.push(`${name} ${fault}`);
    return value as V;
  }

  const optional: SettingsReader['optional'] = (name, rule, parse, byDefault) =>
    env[name] === undefined || env[name] === '' ? byDefault : read(name, rule, parse);

  function setting<V>({ name, rule, parse, byDefault }: Setting<V>): V {
    return optional(name, rule, parse, parse(byDefault) as V);
  }

  const settings = settingsFrom({ read, optional, setting });
  if (faults.length > 0) {
    throw new ConfigError(`The environment is invalid.\n- ${faults.join('\n- ')}`);
  }
  return settings;
}

/** Everything of a setting but its name, which is its key in the table. */
export type SettingRow<T> = Omit<Setting<T>, 'name'>;

type Limits = readonly [min: number, max: number];

/** A whole number within limits. */
export function whole(usedBy: UsedBy, byDefault: number, [min, max]: Limits): SettingRow<number> {
  const parse = (text: string) => {
    const value = /^\d{1,12}$/.test(text) ? Number(text) : Number.NaN;
    return value >= min && value <= max ? value : undefined;
  };
  const rule = `a whole number from ${min} to ${max}`;
  return { usedBy, byDefault: String(byDefault), rule, parse };
}

/** A whole number within limits, or `off`, which reads as 0 and is the default. */
export function wholeOrOff(usedBy: UsedBy, limits: Limits): SettingRow<number> {
  const { parse, rule } = whole(usedBy, 0, limits);
  const parseOrOff = (text: string) => (text === 'off' ? 0 : parse(text));
  return { usedBy, byDefault: 'off', rule: `${rule}, or off`, parse: parseOrOff };
}

/** One of a few words; the first is the default. */
export function choice<const Word extends string>(
  usedBy: UsedBy,
  words: readonly [Word, ...Word[]],
): SettingRow<Word> {
  const parse = (text: string) => words.find((word) => word === text);
  return { usedBy, byDefault: words[0], rule: words.join(' or '), parse };
}

/** A text of a given form; empty where it is not set and has no default. */
export function text(
  usedBy: UsedBy,
  form: RegExp,
  { rule, byDefault = '' }: { readonly rule: string; readonly byDefault?: string },
): SettingRow<string> {
  const parse = (value: string) => (value === byDefault || form.test(value) ? value : undefined);
  return { usedBy, byDefault, rule, parse };
}

/** The settings of what receives POSTs. */
export function receiver<Prefix extends string>(
  prefix: Prefix,
  { usedBy, urlUsedBy }: { readonly usedBy: UsedBy; readonly urlUsedBy: UsedBy },
) {
  const rows = {
    URL: text(urlUsedBy, /^https?:\/\/[^\s#]+$/, {
      rule:
        'an https URL without credentials or fragment, with {token} in place of its token; http and a ' +
        `private address only if ${prefix}_ALLOW_PRIVATE names the host`,
    }),
    ALLOW_PRIVATE: text(usedBy, /^.+$/, {
      rule: 'hosts without ports, separated by spaces or commas',
    }),
    CONCURRENCY: whole(usedBy, 10, [1, 100]),
    TIMEOUT_MS: whole(usedBy, 15_000, [100, 50_000]),
  };
  const entries = Object.entries(rows).map(([name, row]) => [`${prefix}_${name}`, row]);
  return Object.fromEntries(entries) as {
    [Name in keyof typeof rows as `${Prefix}_${Name}`]: (typeof rows)[Name];
  };
}

type Tags = Readonly<Record<string, string>>;

export function tagsIn(json: string): Tags | undefined {
  try {
    const parsed: unknown = JSON.parse(json);
    if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed)) return undefined;
    const keys = Object.keys(parsed).map((key) => key.toLowerCase());
    const isUnique = new Set(keys).size === keys.length;
    return isUnique && Object.entries(parsed).every(isTag) ? (parsed as Tags) : undefined;
  } catch {
    return undefined;
  }
}

/** IAM takes keys that differ only in case for one, and refuses a role that has both. */
function isTag([key, value]: [string, unknown]): boolean {
  const isKey =
    /^[\w +\-=.:/@]{1,128}$/.test(key) && !/^(aws:|(project|stage|managedby)$)/i.test(key);
  return isKey && typeof value === 'string' && /^[\w +\-=.:/@]{0,256}$/.test(value);
}

/** Gives each row its key as its name. */
export function named<Rows extends Record<string, SettingRow<unknown>>>(rows: Rows) {
  const entries = Object.entries(rows).map(([name, row]) => [name, { name, ...row }]);
  return Object.fromEntries(entries) as {
    readonly [Name in keyof Rows]: Rows[Name] & { readonly name: string };
  };
}
