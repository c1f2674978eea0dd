import { type Environment, readSettings } from '../../settings.ts';
import { type ReceiverSettings, receiverSettings } from '../../webhook/receiver-settings.ts';
import { WEBHOOK } from '../../webhook/settings-table.ts';

export interface WebhookSettings extends ReceiverSettings {
  /** One POST for each order, or one for each batch. */
  readonly mode: 'order' | 'batch';
  /** Whether a 2xx counts as a success only if its body is JSON. */
  readonly isJsonRequired: boolean;
  /** Whether the receiver is told which orders were erased. */
  readonly isErasing: boolean;
}

/** @throws ConfigError naming every variable that is missing or wrong, and never a value */
export function readWebhookSettings(env: Environment): WebhookSettings {
  return readSettings(env, (reader) => ({
    ...receiverSettings(reader, 'SLUICE_WEBHOOK'),
    mode: reader.setting(WEBHOOK.SLUICE_WEBHOOK_MODE),
    isJsonRequired: reader.setting(WEBHOOK.SLUICE_WEBHOOK_REQUIRE_JSON) === 'on',
    isErasing: reader.setting(WEBHOOK.SLUICE_WEBHOOK_ERASE) === 'on',
  }));
}
