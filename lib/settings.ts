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

/** Reads variables one by one; what is wrong with any of them is told when all are read. */
export interface SettingsReader {
  /**
   * A variable that must be there.
   *
   * @param rule   what it must be, as the message has it
   * @param parse  gives `undefined` for a text that is not so, or throws a SettingFault
   */
  read<T>(name: string, rule: string, parse: (text: string) => T | undefined): T;
  /** As `read`, where the variable may be left out or empty. */
  optional<T>(name: string, rule: string, parse: (text: string) => T | undefined, byDefault: T): T;
  /** A whole number; `byDefault` where the variable is left out or empty. */
  integer(name: string, byDefault: number, min: number, max: number): number;
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

  const integer: SettingsReader['integer'] = (name, byDefault, min, max) => {
    const parse = (text: string) => {
      const value = /^\d{1,9}$/.test(text) ? Number(text) : Number.NaN;
      return value >= min && value <= max ? value : undefined;
    };
    return optional(name, `a whole number from ${min} to ${max}`, parse, byDefault);
  };

  const settings = settingsFrom({ read, optional, integer });
  if (faults.length > 0) {
    throw new ConfigError(`The environment is not right.\n- ${faults.join('\n- ')}`);
  }
  return settings;
}
