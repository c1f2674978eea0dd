import { environmentOf, type FunctionEntry, type HttpApiEvent } from './functions.ts';
import { authorized } from './http-api.ts';
import { logicalIdsOf } from './logical-ids.ts';
import { readStage } from './stage.ts';

/** As much of osls as the plugins of `deploy/` use. */
export interface Serverless {
  readonly service: {
    readonly functions: Record<string, ServerlessFunction>;
    readonly provider: { readonly stage: string };
  };
  readonly serviceDir: string;
}

export interface ServerlessFunction extends FunctionEntry {
  role?: string;
  environment?: Record<string, string>;
  reservedConcurrency?: number | null;
  readonly events?: { httpApi?: HttpApiEvent; schedule?: object }[];
}

/**
 * Gives every function of `serverless.yml` its role and its environment, and every route its
 * authorizer where there is one, so that no new function can lack them. What is packaged is readable by
 * all, whatever the shell's umask: archives keep the modes of files.
 */
export default class FunctionsPlugin {
  readonly hooks: Record<string, () => void>;

  constructor(serverless: Serverless) {
    process.umask(0o022);
    this.hooks = { initialize: () => prepare(serverless) };
  }
}

function prepare({ service, serviceDir }: Serverless): void {
  const stage = readStage(service.provider.stage, { env: process.env, dir: serviceDir });
  for (const [name, entry] of Object.entries(service.functions)) {
    entry.role = logicalIdsOf(name).role;
    entry.environment = environmentOf(stage, name);
    for (const event of entry.events ?? []) {
      if (event.httpApi !== undefined) event.httpApi = authorized(stage, event.httpApi);
    }
  }
}
