import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { parse } from 'yaml';
import type { Environment } from '../lib/settings.ts';
import { URL_TOKEN } from '../lib/webhook/settings-table.ts';
import { SETTINGS, type SettingName, type SettingValue } from './settings-table.ts';
import { STAGE_NAME, STAGE_NAME_RULE } from './stage-name.ts';

/** The settings of a stage are wrong; the message names every one that is. */
export class StageFault extends Error {
  override readonly name = 'StageFault';
}

/** Where the value of a setting comes from; the later wins. */
export type Source = 'default' | 'file' | 'environment';

/** A stage, as whoever deploys it has set it. */
export interface Stage {
  readonly name: string;
  /** What was set, by name: settings of the table, and variables of a producer of your own. */
  readonly given: Readonly<Record<string, string>>;
  readonly sourceOf: (name: string) => Source;
  /** The value of a setting, or its default. */
  readonly get: <Name extends SettingName>(name: Name) => SettingValue<Name>;
}

export interface StageOptions {
  readonly env: Environment;
  /** The folder that has `stages/`. */
  readonly dir: string;
}

const OF_OWN_PRODUCER = /^SLUICE_PRODUCER_[A-Z0-9_]+$/;

/**
 * Reads a stage: `stages/<name>.yml`, and what the environment sets over it. An empty variable counts
 * as not set.
 *
 * @throws StageFault
 */
export function readStage(name: string, { env, dir }: StageOptions): Stage {
  if (!STAGE_NAME.test(name)) {
    throw new StageFault(`"${name}" cannot be the name of a stage: use ${STAGE_NAME_RULE}.`);
  }
  const inFile = readStageFile(name, dir);
  const inEnvironment = ofEnvironment(env);
  const given = withoutStrangers({ ...inFile.values, ...inEnvironment });
  const sourceOf = (setting: string): Source =>
    setting in inEnvironment ? 'environment' : setting in inFile.values ? 'file' : 'default';
  const whereOf = (setting: string) =>
    sourceOf(setting) === 'file' ? `${inFile.name}: ${setting}` : setting;
  const faults = [
    ...inFile.faults,
    ...Object.entries(given).flatMap(([setting, text]) => {
      const row = SETTINGS[setting as SettingName];
      if (row === undefined || row.parse(text) !== undefined) return [];
      return [`${whereOf(setting)} is wrong: it must be ${row.rule}.`];
    }),
    ...faultsBetween(given, dir),
    ...Object.entries(given).flatMap(([setting, text]) => leakOf(setting, text) ?? []),
  ];
  if (faults.length > 0) {
    throw new StageFault(`The settings of the stage ${name} are wrong.\n- ${faults.join('\n- ')}`);
  }
  return {
    name,
    given,
    sourceOf,
    get<Name extends SettingName>(setting: Name) {
      const { parse: parseValue, byDefault } = SETTINGS[setting];
      return parseValue(given[setting] ?? byDefault) as SettingValue<Name>;
    },
  };
}

/**
 * Without what no function reads: variables of a producer of your own where there is none, and its
 * secrets, which the shell may have too.
 */
function withoutStrangers(given: Readonly<Record<string, string>>): Record<string, string> {
  const isOwn = given.SLUICE_PRODUCER?.startsWith('./') === true;
  const secrets = (given.SLUICE_PRODUCER_SECRETS ?? '').split(/[\s,]+/);
  const kept = Object.entries(given).filter(
    ([name]) => name in SETTINGS || (isOwn && !secrets.includes(name)),
  );
  return Object.fromEntries(kept);
}

/** What would tell a secret to whoever may look at the template or at a function. */
const LIKE_A_SECRET = /SECRET|TOKEN|PASS|PWD|AUTH|BEARER|CREDENTIAL|API_?KEY|(^|_)(KEY|PAT)(_|$)/;

const OF_RECEIVERS = ['SLUICE_WEBHOOK_URL', 'SLUICE_EVENTS_URL'];

/** A long word of letters and digits, or any value of a query's parameter that is named like a secret. */
function hasToken(url: string): boolean {
  const { pathname, searchParams } = new URL(url.replaceAll(URL_TOKEN, ''));
  const words = [...pathname.split('/'), ...searchParams.values()];
  const isNamedSo = ([name, value]: [string, string]) =>
    value !== '' && (LIKE_A_SECRET.test(name.toUpperCase()) || /^(sig|code|key|hash)/i.test(name));
  return [...searchParams].some(isNamedSo) || words.some((word) => LIKE_A_TOKEN.test(word));
}

const LIKE_A_TOKEN = /^(?=.*\d)(?=.*[A-Za-z])[A-Za-z0-9_.~%=-]{20,}$/;

function leakOf(name: string, value: string): string | undefined {
  if (OF_RECEIVERS.includes(name) && URL.canParse(value) && hasToken(value)) {
    return (
      `${name} seems to hold a token, which whoever may look at a function’s configuration could read. Write ` +
      `{token} in its place, and store it: npm run sluice -- secrets put ${name}_TOKEN --stdin`
    );
  }
  const isNamedSo = !(name in SETTINGS) && LIKE_A_SECRET.test(name);
  if (!isNamedSo && !/\/\/[^/?#]*:[^/?#]*@/.test(value)) return undefined;
  return (
    `${name} looks like a secret, which whoever may look at a function’s configuration could read. ` +
    'Name it in SLUICE_PRODUCER_SECRETS, so that it is read from Secrets Manager; or rename it, if it is none.'
  );
}

function ofEnvironment(env: Environment): Record<string, string> {
  const known = Object.entries(env).filter(
    ([name, text]) => text && (name in SETTINGS || OF_OWN_PRODUCER.test(name)),
  );
  return Object.fromEntries(known) as Record<string, string>;
}

function readStageFile(stage: string, dir: string) {
  const name = `stages/${stage}.yml`;
  const file = path.join(dir, name);
  if (!existsSync(file)) return { name, values: {}, faults: [] };
  const { values, faults } = settingsIn(readFileSync(file, 'utf8'));
  return { name, values, faults: faults.map((fault) => `${name}: ${fault}`) };
}

function settingsIn(yaml: string): { values: Record<string, string>; faults: string[] } {
  let content: unknown;
  try {
    content = parse(yaml) ?? {};
  } catch (error) {
    const [line = ''] = String((error as Error).message).split('\n');
    return { values: {}, faults: [`it is not YAML: ${line}`] };
  }
  if (typeof content !== 'object' || content === null || Array.isArray(content)) {
    return {
      values: {},
      faults: ['it must have a setting on each line: "SLUICE_BATCH_SIZE: 200".'],
    };
  }
  const entries = Object.entries(content);
  const faults = entries.flatMap(([name, value]) => faultOfEntry(name, value) ?? []);
  const right = entries.filter(([name, value]) => faultOfEntry(name, value) === undefined);
  return {
    values: Object.fromEntries(right.map(([name, value]) => [name, textOf(value) ?? ''])),
    faults,
  };
}

function faultOfEntry(name: string, value: unknown): string | undefined {
  if (!(name in SETTINGS) && !OF_OWN_PRODUCER.test(name)) {
    return /_SECRETS$|_KEYS$|TOKEN|^DATABASE_URL$|_REST_URL$/.test(name)
      ? `${name} is a secret and must not be in a file: npm run sluice -- secrets put ${name}`
      : `${name} is not a setting. "npm run sluice -- settings" lists all of them.`;
  }
  if (textOf(value) !== undefined) return undefined;
  return `${name} must be a text or a number; write on and off, not true and false.`;
}

/** SLUICE_TAGS may be written as YAML. */
function textOf(value: unknown): string | undefined {
  if (typeof value === 'string') return value;
  if (typeof value === 'number') return String(value);
  return typeof value === 'object' && value !== null ? JSON.stringify(value) : undefined;
}

/** What settings must be to each other. */
function faultsBetween(given: Readonly<Record<string, string>>, dir: string): string[] {
  const isTogether = (one: string, other: string) =>
    (given[one] === undefined) === (given[other] === undefined)
      ? []
      : [`${one} and ${other} go together: set both, or neither.`];
  const producer = given.SLUICE_PRODUCER ?? '';
  const isNoFile = producer.startsWith('./') && !existsSync(path.join(dir, producer));
  return [
    ...isTogether('SLUICE_JWT_ISSUER', 'SLUICE_JWT_AUDIENCE'),
    ...isTogether('SLUICE_DOMAIN', 'SLUICE_CERTIFICATE_ARN'),
    ...(isNoFile ? [`SLUICE_PRODUCER is wrong: there is no file ${producer}.`] : []),
  ];
}
