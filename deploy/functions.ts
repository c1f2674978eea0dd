import { secretNames } from './secrets.ts';
import { SETTINGS, type SettingName } from './settings-table.ts';
import type { Stage } from './stage.ts';

/** A function of `serverless.yml`, as far as the rest of the template is derived from it. */
export interface FunctionEntry {
  readonly events?: readonly { readonly httpApi?: HttpApiEvent; readonly schedule?: object }[];
  /** Where Lambda puts an event that it gave up on. */
  readonly destinations?: object;
}

/** `POST /orders`, or with an authorizer. */
export type HttpApiEvent = string | { readonly method: string; readonly path: string };

export type Functions = Readonly<Record<string, FunctionEntry>>;

const TAKES_ORDERS = ['submit-order', 'submit-batch'];

/** Whether a function starts the drain. */
export const wakes = (stage: Stage, name: string) =>
  stage.get('SLUICE_WAKE_INTERVAL_MS') > 0 && TAKES_ORDERS.includes(name);

/** What a function finds in its environment. Nothing of it is secret. */
export function environmentOf(stage: Stage, name: string): Record<string, string> {
  return {
    NODE_OPTIONS: '--enable-source-maps',
    SLUICE_STAGE: stage.name,
    // So that stages can share a database.
    SLUICE_PREFIX: stage.get('SLUICE_PREFIX') || `${stage.name}:`,
    SLUICE_SECRETS: secretNames(stage, name).join(','),
    ...settingsOf(stage, name),
    ...(wakes(stage, name) && { SLUICE_DRAIN_FUNCTION: `sluice-${stage.name}-drain-queue` }),
  };
}

function settingsOf(stage: Stage, name: string): Record<string, string> {
  const mine = Object.entries(stage.given).filter(([setting]) => isFor(stage, name, setting));
  return Object.fromEntries(mine);
}

function isFor(stage: Stage, name: string, setting: string): boolean {
  const row = SETTINGS[setting as SettingName];
  // A variable of a producer of your own.
  if (row === undefined) return name === 'drain-queue';
  switch (row.usedBy) {
    case 'functions':
      return true;
    case 'submits':
      // The counts tell of it.
      return name === 'drain-queue' || name === 'stats' || TAKES_ORDERS.includes(name);
    case 'drain':
      return name === 'drain-queue' && isOfProducer(stage, setting);
    case 'announcer':
      return name === 'announce-events';
    case 'deployment':
      return false;
  }
}

const isOwn = (stage: Stage) => stage.get('SLUICE_PRODUCER').startsWith('./');

/** A producer of your own may build on the others, so it gets their settings too. */
function isOfProducer(stage: Stage, setting: string): boolean {
  if (isOwn(stage)) return true;
  const owner = setting.startsWith('SLUICE_WEBHOOK_') ? 'webhook' : 'postgres';
  return stage.get('SLUICE_PRODUCER') === owner;
}
