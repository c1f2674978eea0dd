import { type Environment, readSettings } from '../settings.ts';
import { type ReceiverSettings, receiverSettings } from '../webhook/receiver-settings.ts';

export interface EventSettings extends ReceiverSettings {
  /** The `source` of each event; together with `id` it is unique. */
  readonly source: string;
}

const SOURCE_RULE = 'a URI reference of up to 200 characters, such as /sluice';

/**
 * Reads where and how events are announced, if `Config.isAnnounced`.
 *
 * @throws ConfigError naming every variable that is missing or wrong, and never a value
 */
export function readEventSettings(env: Environment): EventSettings {
  return readSettings(env, (reader) => ({
    ...receiverSettings(reader, 'SLUICE_EVENTS'),
    source: reader.optional('SLUICE_EVENTS_SOURCE', SOURCE_RULE, sourceIn, '/sluice'),
  }));
}

function sourceIn(text: string): string | undefined {
  const isReference = /^[A-Za-z0-9._~:/?#[\]@!$&'()*+,;=%-]{1,200}$/.test(text);
  return isReference && URL.canParse(text, 'https://sluice.example') ? text : undefined;
}
