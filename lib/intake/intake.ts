import type { Config } from '../config.ts';
import { backPressure } from './back-pressure.ts';
import { clientLimitsOf, intakeBytesOf, type Limited } from './client-limits.ts';
import { soldOut } from './sold-out.ts';
import { storageOf } from './storage.ts';
import type { Intake } from './submit-orders.ts';

interface Parts extends Pick<Intake, 'store' | 'metrics' | 'wake'> {
  readonly config: Limited & Partial<Pick<Config, 'hasStock' | 'soldOutMs'>>;
}

/** The intake of one instance of a function, which knows nothing of its clients yet. */
export function intakeOf({ config, ...parts }: Parts): Intake {
  return {
    ...{ ...parts, ...knowledgeOf(config) },
    soldOut: config.hasStock ? soldOut(config.soldOutMs ?? 0) : undefined,
  };
}

/** What an instance learns of its clients, beside their limits. */
export function knowledgeOf(
  config: Limited,
): Pick<Intake, 'limitsOf' | 'backPressure' | 'storage'> {
  const limitsOf = clientLimitsOf(config);
  return {
    limitsOf,
    backPressure: backPressure((client) => limitsOf(client).queued),
    storage: storageOf({
      ofClient: (client) => limitsOf(client).bytes,
      ofAll: intakeBytesOf(config),
    }),
  };
}
