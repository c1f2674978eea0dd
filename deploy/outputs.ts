import type { Functions } from './functions.ts';
import { inTitleCase, logicalIdsOf } from './logical-ids.ts';
import { neededSecrets } from './secrets.ts';
import type { Stage } from './stage.ts';

/** What a stage was deployed with. A later deployment, and a rollback, compare themselves with it. */
export interface Deployed {
  readonly settings: Readonly<Record<string, string>>;
  readonly secrets: Readonly<Record<string, readonly string[]>>;
  readonly producer: string;
}

export function deployedAs(stage: Stage): Deployed {
  const { SLUICE_CHANGE_PRODUCER: _, ...settings } = stage.given;
  return { settings, secrets: neededSecrets(stage), producer: stage.get('SLUICE_PRODUCER') };
}

/** What a person, or a program that watches a stage, wants to know of it. */
export function outputs(stage: Stage, functions: Functions) {
  const names = Object.keys(functions).map((name) => [
    `${inTitleCase(name)}Function`,
    nameOf(name),
  ]);
  return { Metadata: { Sluice: deployedAs(stage) }, Outputs: Object.fromEntries(names) };
}

function nameOf(functionName: string) {
  return {
    Description: `The name of the function ${functionName}.`,
    Value: { Ref: logicalIdsOf(functionName).lambda },
  };
}
