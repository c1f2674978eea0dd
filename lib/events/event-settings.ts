import { type Environment, readSettings } from '../settings.ts';
import { type ReceiverSettings, receiverSettings } from '../webhook/receiver-settings.ts';
import { EVENTS } from '../webhook/settings-table.ts';

export interface EventSettings extends ReceiverSettings {
  /** The `source` of each event; together with `id` it is unique. */
  readonly source: string;
}

/**
 * Reads where and how events are announced, if `Config.isAnnounced`.
 *
 * @throws ConfigError naming every variable that is missing or wrong, and never a value
 */
export function readEventSettings(env: Environment): EventSettings {
  return readSettings(env, (reader) => ({
    ...receiverSettings(reader, 'SLUICE_EVENTS'),
    source: reader.setting({ ...EVENTS.SLUICE_EVENTS_SOURCE, parse: sourceIn }),
  }));
}

function sourceIn(text: string): string | undefined {
  const source = EVENTS.SLUICE_EVENTS_SOURCE.parse(text);
  return URL.canParse(text, 'https://sluice.example') ? source : undefined;
}
